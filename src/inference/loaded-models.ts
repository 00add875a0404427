// The models that have, or had, a worker: memory is set aside for one load at a time, and what is out of use is unloaded.
import { type Clock, shuttingDown } from '../core/index.ts';
import type { Model } from '../models/index.ts';
import type { LoadedWorker, LoadPurpose, Supervisor, WorkerSnapshot } from '../workers/index.ts';
import { startIdleTimer } from './idle-timer.ts';
import { estimateBytes, planMemory } from './memory-plan.ts';
import { insufficientMemory } from './refusals.ts';

/** How long a model without work is kept: null for ever, as one that also makes no room for others. */
export type KeepMs = number | null;

/** Limits are read at each use: they may change. */
export interface LoadedModelsOptions {
  readonly clock: Clock;
  readonly createSupervisor: (model: Model) => Supervisor;
  readonly keepMs: (modelId: string) => KeepMs;
  readonly memoryBudgetBytes: number;
}

/** One model, in use by as many as have taken it up and not let it go. */
export interface ModelInUse {
  /** The model's worker, started if need be. */
  worker(signal: AbortSignal, purpose: LoadPurpose): Promise<LoadedWorker>;
  letGo(): void;
}

/** A model that has a worker, as an observer may know it. */
export interface ModelSnapshot extends WorkerSnapshot {
  readonly model: string;
  readonly engine: string;
  /** Until it is unloaded for want of use; null while it is used, loads, or is kept for ever. */
  readonly unloadsInMs: number | null;
}

interface Entry {
  readonly supervisor: Supervisor;
  readonly needBytes: number;
  users: number;
  /** Loads ahead of any request that are under way. */
  loads: number;
  lastUsedMs: number;
  /** Memory is set aside for it: its worker runs, or is about to. */
  hasRoom: boolean;
  stopIdleTimer: () => void;
}

export class LoadedModels {
  readonly #options: LoadedModelsOptions;
  readonly #entries = new Map<string, Entry>();
  #roomTurn: Promise<void> = Promise.resolve();
  #keepsIdle = false;
  #isOver = false;

  constructor(options: LoadedModelsOptions) {
    this.#options = options;
  }

  get inUse(): boolean {
    return [...this.#entries.values()].some(({ users }) => users > 0);
  }

  snapshots(): readonly ModelSnapshot[] {
    return [...this.#entries.values()].flatMap((entry) => {
      const snapshot = entry.supervisor.snapshot();
      const { id, engine } = entry.supervisor.model;
      const unloadsInMs = this.#unloadsInMs(entry);
      return snapshot.state === 'stopped' ? [] : [{ ...snapshot, model: id, engine, unloadsInMs }];
    });
  }

  /** Keeps `model` from being unloaded as idle or evicted until it is let go. */
  takeUp(model: Model): ModelInUse {
    const entry = this.#entry(model);
    entry.users += 1;
    entry.stopIdleTimer();
    return {
      worker: (signal, purpose) => this.#ready(entry, signal, purpose),
      letGo: () => {
        entry.users -= 1;
        entry.lastUsedMs = this.#options.clock.monotonicMs();
        this.#armIdleTimer(entry);
      },
    };
  }

  async load(model: Model, signal: AbortSignal): Promise<LoadedWorker> {
    const entry = this.#entry(model);
    entry.stopIdleTimer();
    entry.loads += 1;
    try {
      return await this.#ready(entry, signal, 'load');
    } finally {
      entry.loads -= 1;
      entry.lastUsedMs = this.#options.clock.monotonicMs();
      this.#armIdleTimer(entry);
    }
  }

  /** Ends the worker of `modelId`, or every worker when undefined; the models that were loaded. */
  async unload(modelId: string | undefined): Promise<readonly string[]> {
    const loaded = [...this.#entries.values()].filter(
      ({ supervisor }) =>
        supervisor.snapshot().state !== 'stopped' && (modelId === undefined || supervisor.model.id === modelId),
    );
    await Promise.all(loaded.map(({ supervisor }) => supervisor.stop('requested')));
    return loaded.map(({ supervisor }) => supervisor.model.id);
  }

  /** Models without work are kept as long as the limits say now, counted from their last use. */
  limitsChanged(): void {
    for (const entry of this.#entries.values()) this.#armIdleTimer(entry);
  }

  /** From here on nothing is unloaded for being idle. */
  keepIdle(): void {
    this.#keepsIdle = true;
  }

  /** Ends every worker and waits until all are gone. */
  async stopAll(graceMs?: number): Promise<void> {
    this.#keepsIdle = true;
    this.#isOver = true;
    for (const { stopIdleTimer } of this.#entries.values()) stopIdleTimer();
    await Promise.all([...this.#entries.values()].map(({ supervisor }) => supervisor.stop('server_exit', graceMs)));
  }

  #entry(model: Model): Entry {
    const known = this.#entries.get(model.id);
    if (known !== undefined) return known;
    const supervisor = this.#options.createSupervisor(model);
    const needBytes = estimateBytes(model.weightBytes);
    const idle = { users: 0, loads: 0, lastUsedMs: 0, stopIdleTimer: () => {} };
    const entry: Entry = { supervisor, needBytes, hasRoom: false, ...idle };
    this.#entries.set(model.id, entry);
    return entry;
  }

  async #ready(entry: Entry, signal: AbortSignal, purpose: LoadPurpose): Promise<LoadedWorker> {
    const turn = this.#roomTurn.then(() => this.#makeRoom(entry));
    this.#roomTurn = turn.catch(() => {}); // The next one plans anew; this one's failure is its own.
    await turn;
    if (this.#isOver) throw shuttingDown();
    return entry.supervisor.ensureReady(signal, purpose);
  }

  /** Sets memory aside for `entry`, one model at a time, so that two loads never count on the same bytes. */
  async #makeRoom(entry: Entry): Promise<void> {
    for (const other of this.#entries.values()) {
      if (other !== entry && other.users === 0 && other.supervisor.snapshot().state === 'stopped')
        other.hasRoom = false;
    }
    if (entry.hasRoom) return;
    const holders = [...this.#entries.values()].filter(({ hasRoom }) => hasRoom);
    const users = holders.map(({ supervisor, needBytes, lastUsedMs, users }) => ({
      id: supervisor.model.id,
      bytes: needBytes,
      lastUsedMs,
      busy: users > 0 || this.#options.keepMs(supervisor.model.id) === null,
    }));
    const plan = planMemory(entry.needBytes, this.#options.memoryBudgetBytes, users);
    if (!plan.fits) throw insufficientMemory({ model: entry.supervisor.model.id, needBytes: entry.needBytes, ...plan });
    entry.hasRoom = true;
    for (const holder of holders.filter(({ supervisor }) => plan.evict.includes(supervisor.model.id))) {
      await holder.supervisor.stop('evicted');
      holder.hasRoom = false;
    }
  }

  #unloadsInMs({ supervisor, users, loads, lastUsedMs }: Entry): number | null {
    const keepMs = this.#options.keepMs(supervisor.model.id);
    if (users + loads > 0 || this.#keepsIdle || keepMs === null) return null;
    return Math.max(0, Math.round(lastUsedMs + keepMs - this.#options.clock.monotonicMs()));
  }

  #armIdleTimer(entry: Entry): void {
    entry.stopIdleTimer();
    const keepMs = this.#options.keepMs(entry.supervisor.model.id);
    if (entry.users + entry.loads > 0 || this.#keepsIdle || keepMs === null) return;
    entry.stopIdleTimer = startIdleTimer(this.#options.clock, entry.lastUsedMs + keepMs, () => {
      if (entry.users === 0) void entry.supervisor.stop('idle');
    });
  }
}
