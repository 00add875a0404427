// daemon install and uninstall: the server as a service of this user, which starts with the session and again after a crash.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot, readMachine } from '../../config/index.ts';
import { CliFailure } from '../failure.ts';
import { type Flags, readConfig } from '../read-config.ts';
import { flagWords, program } from './control.ts';
import { daemonFiles } from './files.ts';
import { launchdLabel, launchdList, type Service, serviceName, systemdUnit } from './service-files.ts';

interface Manager {
  readonly path: string;
  readonly text: (service: Service) => string;
  readonly activate: readonly (readonly [string, ...string[]])[];
  readonly deactivate: readonly (readonly [string, ...string[]])[];
}

function managerOf({ homeDir, platform }: { homeDir: string; platform: string }): Manager {
  if (platform === 'darwin') {
    const domain = `gui/${process.getuid?.()}`;
    const path = join(homeDir, 'Library', 'LaunchAgents', `${launchdLabel}.plist`);
    const activate = [['launchctl', 'bootstrap', domain, path]] as const;
    return { path, text: launchdList, activate, deactivate: [['launchctl', 'bootout', `${domain}/${launchdLabel}`]] };
  }
  const path = join(homeDir, '.config', 'systemd', 'user', `${serviceName}.service`);
  const user = ['systemctl', '--user'] as const;
  const reload = [...user, 'daemon-reload'] as const;
  const activate = [reload, [...user, 'enable', '--now', serviceName]] as const;
  return { path, text: systemdUnit, activate, deactivate: [[...user, 'disable', '--now', serviceName], reload] };
}

/** Where the service is written down, if it is installed. */
export const servicePath = (): string => managerOf(readMachine()).path;

/** What the shell knows and a service does not. */
const keptVariables = [
  'PATH',
  'XDG_DATA_HOME',
  'HF_HOME',
  'HF_ENDPOINT',
  'MLX_MODELS_DIR',
  'MLX_CONFIG',
  'MLX_STATE_DIR',
  'LANG',
];

export function install(flags: Flags, { json }: { readonly json: boolean }): string {
  const { config } = readConfig(flags);
  const machine = readMachine();
  const manager = managerOf(machine);
  const kept = keptVariables.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  const env = { ...Object.fromEntries(kept), HF_HOME: config.huggingFaceHome, MLX_LOG_DIR: daemonFiles(config).logDir };
  const service: Service = {
    line: [process.execPath, program, 'serve', ...flagWords(flags)],
    env,
    workingDirectory: packageRoot,
    stopSeconds: Math.ceil(config.gracefulShutdownTimeoutMs / 1000) + 15,
  };
  mkdirSync(dirname(manager.path), { recursive: true });
  writeFileSync(manager.path, manager.text(service), { mode: 0o644 });
  const failed = runAll(manager.activate);
  if (json) return JSON.stringify({ path: manager.path, active: failed === undefined });
  if (failed === undefined) return `The service is installed and started: ${manager.path}`;
  const byHand = manager.activate.map((line) => `  ${line.join(' ')}`).join('\n');
  return `Written: ${manager.path}\nThe service manager could not be reached (${failed}). Start it by hand:\n${byHand}`;
}

export function uninstall(_: Flags, { json }: { readonly json: boolean }): string {
  const manager = managerOf(readMachine());
  if (!existsSync(servicePath())) throw new CliFailure(`No service is installed (${servicePath()}).`);
  const [off, ...rest] = manager.deactivate;
  runAll([off!]);
  rmSync(manager.path);
  runAll(rest);
  return json ? JSON.stringify({ removed: manager.path }) : `removed ${manager.path}`;
}

/** The first failure in one line, or undefined. */
function runAll(lines: readonly (readonly [string, ...string[]])[]): string | undefined {
  for (const [command, ...args] of lines) {
    try {
      execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 30_000 });
    } catch (error) {
      const { code, stderr } = error as { code?: string; stderr?: Buffer };
      return stderr?.toString().trim().split('\n')[0] || code || `${command} failed`;
    }
  }
  return undefined;
}
