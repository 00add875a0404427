// What comes before the first request: the state directory, the end of what dead servers left, this server on record.
import { randomBytes } from 'node:crypto';
import { type EmitServerEvent, systemClock } from '../core/index.ts';
import {
  defaultStateDirectory,
  openRegistryStore,
  openStateDirectory,
  openWorkerRegistry,
  reap,
  type StateDirectory,
  type WorkerRegistry,
} from '../workers/index.ts';
import { CliFailure } from './failure.ts';

/** The operator's folder, or the one that stands in for the default. */
export function stateDirectoryOf(stateDir: string): StateDirectory {
  const uid = process.geteuid?.() ?? -1;
  const fallback = stateDir === defaultStateDirectory ? `${defaultStateDirectory}-${uid}` : undefined;
  return openStateDirectory({ path: stateDir, uid, fallback });
}

/** Serving goes on without a registry that cannot be had. @throws CliFailure for a folder that must not be used. */
export async function openRegistry(stateDir: string, emit: EmitServerEvent): Promise<WorkerRegistry> {
  const directory = stateDirectoryOf(stateDir);
  const onProblem = (detail: string): void => emit({ type: 'registry-problem', detail });
  const serverId = randomBytes(8).toString('hex');
  if (directory.kind === 'refused') throw new CliFailure(`${directory.reason}; choose another with --state-dir.`);
  if (directory.kind === 'degraded') {
    onProblem(directory.reason);
    return await openWorkerRegistry({ store: null, serverId, onProblem });
  }
  const store = await openRegistryStore({
    stateDir: directory.path,
    clock: systemClock,
    onSetAside: (name, reason) => onProblem(`a damaged registry was set aside as ${name}: ${reason}`),
  });
  const { ended, survived, blocksRemoved } = await reap(store);
  if (ended.length + survived.length + blocksRemoved > 0) {
    const ids = (orphans: typeof ended): readonly string[] => orphans.map(({ id }) => id);
    emit({ type: 'orphans-reaped', ended: ids(ended), survived: ids(survived), blocksRemoved });
  }
  return await openWorkerRegistry({ store, serverId, onProblem });
}
