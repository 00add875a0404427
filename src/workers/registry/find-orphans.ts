// Orphans that no registry names, because it was damaged or deleted: found by what their server put into their
// environment. Never by their name alone. Linux only: elsewhere the environment of others cannot be read.

import { identifyProcess } from './identify-process.ts';
import { listLinuxPids, readLinuxEnvironment } from './linux-process.ts';
import type { Orphan } from './orphan.ts';
import { markPattern, workerTitlePattern } from './registry-document.ts';

/** Workers of dead servers that used the state directory `stateDir` (its real path). */
export async function findOrphans(stateDir: string): Promise<readonly Orphan[]> {
  if (process.platform !== 'linux') return [];
  const pids = listLinuxPids(process.geteuid?.() ?? -1);
  const found = await Promise.all(pids.map((pid) => asOrphan(pid, stateDir).catch(() => undefined)));
  return found.filter((orphan) => orphan !== undefined);
}

async function asOrphan(pid: number, stateDir: string): Promise<Orphan | undefined> {
  const identity = await identifyProcess(pid);
  if (identity?.mark === undefined || !markPattern.test(identity.mark)) return undefined;
  // A worker leads its group; what merely inherited its environment and title does not.
  if (!workerTitlePattern.test(identity.title) || identity.group !== pid) return undefined;
  const environment = readLinuxEnvironment(pid);
  if (environment?.get('MLX_SERVER_STATE') !== stateDir) return undefined;
  const [, serverPid, serverStartTime] = /^(\d{1,10}):(.+)$/.exec(environment.get('MLX_SERVER') ?? '') ?? [];
  if (serverPid === undefined || serverStartTime === undefined) return undefined;
  const server = await identifyProcess(Number(serverPid));
  if (server?.startTime === serverStartTime) return undefined;
  const { startTime, title, mark } = identity;
  return { id: title.slice(title.indexOf('-v') + 1).replace(/^v\d+-/, ''), pid, startTime, title, mark };
}
