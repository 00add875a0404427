// The state directory, and what dead servers left in its registry. Changes neither.
import { statSync } from 'node:fs';
import type { Config } from '../../config/index.ts';
import { deadServers, readRegistryFile } from '../../workers/index.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

export async function stateDirectory({ stateDir }: Config): Promise<Finding> {
  const name = 'state directory';
  try {
    const { uid, mode } = statSync(stateDir);
    if (uid !== process.geteuid?.())
      return problem(name, `${stateDir} belongs to another user`, 'Choose another with --state-dir.');
    if ((mode & 0o077) !== 0) return warning(name, `${stateDir} is open to others`, `chmod 700 ${stateDir}`);
    return await registry(stateDir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return ok(name, `${stateDir} will be made`);
    return problem(name, `${stateDir} cannot be read (${code})`, 'Choose another with --state-dir.');
  }
}

async function registry(stateDir: string): Promise<Finding> {
  const name = 'registry';
  const found = await readRegistryFile(stateDir);
  if (found.kind === 'absent') return ok(name, 'no server on record');
  if (found.kind !== 'read')
    return warning(
      name,
      `the registry in ${stateDir} is of no use: ${found.reason}`,
      'The next start of a server sets it aside.',
    );
  const count = Object.keys(found.servers).length;
  const dead = Object.values(await deadServers(found.servers));
  if (dead.length === 0) return ok(name, `${count} server${count === 1 ? '' : 's'} on record`);
  const workers = dead.reduce((sum, server) => sum + server.workers.length, 0);
  return warning(
    name,
    `a dead server left ${workers} workers on record`,
    'The next start of a server clears them away.',
  );
}
