// This server's part of the registry: its own entry with its workers, kept equal to what it knows. Never kills.

import { setTimeout as delay } from 'node:timers/promises';
import { identifyProcess } from './identify-process.ts';
import type { ServerEntry, Servers, WorkerEntry } from './registry-document.ts';
import type { RegistryStore } from './registry-store.ts';

interface StartedWorker {
  readonly id: string;
  readonly pid: number;
  readonly model: string;
  readonly engine: string;
  /** What its environment carries as MLX_WORKER_MARK. */
  readonly mark: string;
  /** The names of all shared blocks that its crash could leave behind. */
  readonly blocks: readonly string[];
}

export interface WorkerRegistry {
  /** Why the file does not hold what it should just now; null while all is well. */
  readonly problem: string | null;
  /** What a worker's environment must carry so that a later server can tell it from every other process. */
  environment(mark: string): Readonly<Record<string, string>>;
  /** Settles when the worker is on record, or cannot be; never rejects, as none of the others does. */
  record(worker: StartedWorker): Promise<void>;
  forget(workerId: string): Promise<void>;
  /** Takes this server out of the file. */
  close(): Promise<void>;
}

export interface WorkerRegistryOptions {
  /** Null where there is no state directory: then nothing is kept. */
  readonly store: RegistryStore | null;
  readonly serverId: string;
  /** Called when the file stops holding what it should, with one line that says why. */
  readonly onProblem: (reason: string) => void;
}

const closeWaitMs = 500;

/** Puts this server into the file. */
export async function openWorkerRegistry(options: WorkerRegistryOptions): Promise<WorkerRegistry> {
  const { store, serverId } = options;
  const workers = new Map<string, WorkerEntry>();
  const self = await identifyProcess(process.pid).catch(() => undefined);
  let isClosed = false;
  let problem: string | null = null;
  const report = (reason: string | null): void => {
    if (reason !== null && reason !== problem) options.onProblem(reason);
    problem = reason;
  };

  const write = async (): Promise<void> => {
    if (store === null) return;
    if (self === undefined) return report('the start time of this process cannot be read');
    const entry: ServerEntry = { pid: self.pid, startTime: self.startTime, workers: [...workers.values()] };
    const outcome = await store.update((servers) => replaceEntry(servers, serverId, isClosed ? undefined : entry));
    report(outcome.kind === 'done' ? null : outcome.reason);
  };
  const save = coalesce(write);

  if (store === null) problem = 'there is no state directory';
  await save();
  return {
    get problem() {
      return problem;
    },
    environment: (mark) => ({
      MLX_WORKER_MARK: mark,
      ...(self === undefined ? {} : { MLX_SERVER: `${self.pid}:${self.startTime}` }),
      ...(store === null ? {} : { MLX_SERVER_STATE: store.stateDir }),
      SPT_NOENV: '1', // Else Python's setproctitle writes over the environment that /proc shows.
    }),
    async record({ id, pid, model, engine, mark, blocks }) {
      const identity = await identifyProcess(pid).catch(() => undefined);
      if (isClosed || identity === undefined) return;
      const title = `mlx-server-v3-${id}`;
      workers.set(id, { id, pid, startTime: identity.startTime, title, model, engine, blocks: [...blocks], mark });
      await save();
    },
    async forget(workerId) {
      if (workers.delete(workerId) && !isClosed) await save();
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      // An end is never held up; an entry that stays is dropped by the next start.
      await Promise.race([save(), delay(closeWaitMs, undefined, { ref: false })]);
    },
  };
}

function replaceEntry(servers: Servers, serverId: string, entry: ServerEntry | undefined): Servers {
  if (entry === undefined && servers[serverId] === undefined) return servers;
  const { [serverId]: _, ...others } = servers;
  return entry === undefined ? others : { ...others, [serverId]: entry };
}

/** One write at a time; all that ask while one runs share the next, which sees what each of them changed. */
function coalesce(write: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = write().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running.then(() => {
      next = undefined;
      return start();
    });
    return next;
  };
}
