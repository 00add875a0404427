// The state directory, and what dead servers left in its registry.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config/index.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const registryText = z.object({
  servers: z.record(z.string(), z.object({ pid: z.int(), workers: z.array(z.unknown()) })),
});

export function stateDirectory({ stateDir }: Config): Finding {
  const name = 'state directory';
  try {
    const { uid, mode } = statSync(stateDir);
    if (uid !== process.geteuid?.())
      return problem(name, `${stateDir} belongs to another user`, 'Choose another with --state-dir.');
    if ((mode & 0o077) !== 0) return warning(name, `${stateDir} is open to others`, `chmod 700 ${stateDir}`);
    return registry(stateDir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return ok(name, `${stateDir} will be made`);
    return problem(name, `${stateDir} cannot be read (${code})`, 'Choose another with --state-dir.');
  }
}

function registry(stateDir: string): Finding {
  const name = 'registry';
  const path = join(stateDir, 'worker_registry.json');
  try {
    const { servers } = registryText.parse(JSON.parse(readFileSync(path, 'utf8')));
    const entries = Object.values(servers);
    const dead = entries.filter(({ pid }) => !isAlive(pid));
    if (dead.length === 0) return ok(name, `${entries.length} server${entries.length === 1 ? '' : 's'} on record`);
    const workers = dead.reduce((sum, entry) => sum + entry.workers.length, 0);
    return warning(
      name,
      `a dead server left ${workers} workers on record`,
      'The next start of a server clears them away.',
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ok(name, 'no server on record');
    return warning(name, `${path} cannot be read`, 'The next start of a server sets it aside.');
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 1 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
