// On what the figures were taken: read from the machine and from the installed packages.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { paths } from './paths.ts';

const versionsProgram =
  'import importlib.metadata as m; print(" ".join(f"{p} {m.version(p)}," for p in ("mlx", "mlx-lm"))[:-1])';

function osName(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    return `${name ?? type()} (${type()} ${release()})`;
  } catch {
    return `${type()} ${release()}`; // Not a Linux.
  }
}

function packageVersion(folder: string): string {
  const text = readFileSync(join(paths.root, folder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

const pythonVersions = (): string => execFileSync(paths.python, ['-c', versionsProgram], { encoding: 'utf8' }).trim();

export const today = (): string => new Date().toISOString().slice(0, 10);

export const machineFacts = (): readonly (readonly [name: string, value: string])[] => [
  ['CPU', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`],
  ['Memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
  ['System', osName()],
  ['Node', process.version],
  ['Engines', `${pythonVersions()}, node-llama-cpp ${packageVersion('node_modules/node-llama-cpp')}`],
  ['Server', packageVersion('.')],
];
