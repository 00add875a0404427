// What must be there before anything is installed. Each look gives what was found or throws a SetupFailure with what to do.
import { spawnSync } from 'node:child_process';
import { arch, release, totalmem } from 'node:os';
import { freeMegabytesOf, requireDiskSpace } from '../disk-space.mjs';
import { toolEnvironment } from '../environment.mjs';
import { SetupFailure } from '../failure.mjs';
import { findPython } from '../find-python.mjs';
import { root } from '../project.mjs';
import { isCurrent } from '../set-up.mjs';

const gibibyte = 1024 ** 3;
/** macOS 14, by the version of its kernel. */
const oldestDarwin = 23;
const oldestGlibc = [2, 35];

/** @returns {{ name: string, look: () => string }[]} `steps` are those of the set-up that will follow */
export const prerequisites = (steps) => [
  {
    name: 'system',
    look: () => systemOf({ platform: process.platform, arch: arch(), release: release(), glibc: glibcVersion() }),
  },
  { name: 'memory', look: () => `${Math.round(totalmem() / gibibyte)} GB` },
  { name: 'Node', look: () => process.versions.node },
  { name: 'npm', look: npmVersion },
  { name: 'Python', look: pythonVersion },
  { name: 'disk', look: () => diskSpace(steps.filter((step) => !isCurrent(step))) },
];

/** @returns {string} what this machine is; throws for one that the locked packages are not made for */
export function systemOf({ platform, arch, release, glibc }) {
  if (platform === 'darwin') {
    if (arch !== 'arm64') {
      throw new SetupFailure({
        cause: 'this Mac has an Intel processor',
        hint: 'MLX needs Apple silicon (M1 or newer)',
      });
    }
    if (Number(release.split('.')[0]) < oldestDarwin) {
      throw new SetupFailure({ cause: 'this macOS is older than 14', hint: 'MLX needs macOS 14 or newer' });
    }
    return `macOS on Apple silicon (Darwin ${release})`;
  }
  const [major = 0, minor = 0] = (glibc ?? '').split('.').map(Number);
  if (major < oldestGlibc[0] || (major === oldestGlibc[0] && minor < oldestGlibc[1])) {
    const found = glibc === undefined ? 'a Linux without glibc' : `glibc ${glibc}`;
    const hint = `MLX needs glibc ${oldestGlibc.join('.')} or newer: Debian 12, Ubuntu 22.04, Fedora 36 or later`;
    throw new SetupFailure({ cause: `this is ${found}`, hint });
  }
  return `Linux ${arch}, glibc ${glibc}`;
}

function glibcVersion() {
  if (process.platform !== 'linux') return undefined;
  process.report.excludeNetwork = true; // Else it asks for the names of all peers.
  return process.report.getReport().header.glibcVersionRuntime;
}

function npmVersion() {
  const { status, stdout } = spawnSync('npm', ['--version'], { encoding: 'utf8', timeout: 60_000, cwd: root });
  if (status === 0) return stdout.trim();
  throw new SetupFailure({
    cause: 'there is no npm on the PATH',
    hint: 'npm comes with Node; Debian packs it apart: sudo apt install npm',
  });
}

function pythonVersion() {
  const { path, version } = findPython({ env: toolEnvironment() });
  return `${version.join('.')} (${path})`;
}

function diskSpace(pending) {
  const neededMegabytes = pending.reduce((sum, { megabytes }) => sum + megabytes, 0);
  requireDiskSpace({ folder: root, neededMegabytes });
  const free = `${Math.floor(freeMegabytesOf(root) / 1024)} GB free`;
  return neededMegabytes === 0 ? free : `${free}, about ${(neededMegabytes / 1024).toFixed(1)} GB needed`;
}
