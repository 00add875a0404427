// The parts of the built server that the installer uses: its configuration, its background server, its service. They are
// there only after set-up, so they are loaded then.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../project.mjs';

export const serverCommand = join(root, 'bin/mlx-inference-server');

const built = (path) => import(pathToFileURL(join(root, 'dist', path)).href);

export async function loadProgram() {
  const [{ ramTier, readMachine }, { readConfig }, { keyHeaders }, control, files, service] = await Promise.all(
    [
      'config/machine.js',
      'cli/read-config.js',
      'cli/server-address.js',
      'cli/daemon/control.js',
      'cli/daemon/files.js',
      'cli/daemon/install.js',
    ].map(built),
  );
  const { start, stop, status, logs } = control;
  const { install: installService, uninstall: uninstallService, servicePath } = service;
  const { daemonFiles, readAddress } = files;
  return {
    ramTier,
    readMachine,
    readConfig,
    keyHeaders,
    start,
    stop,
    status,
    logs,
    installService,
    uninstallService,
    servicePath,
    daemonFiles,
    readAddress,
  };
}

/** Whether the process is the keeper of a background server of this very folder. */
export const isOurs = (pid) => commandLineOf(pid).includes(serverCommand);

function commandLineOf(pid) {
  const file = `/proc/${pid}/cmdline`;
  if (existsSync('/proc/self/cmdline')) return existsSync(file) ? readFileSync(file, 'utf8').split('\0').join(' ') : '';
  return spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}
