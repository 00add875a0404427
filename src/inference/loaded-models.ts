// The models that have, or had, a worker: each is loaded when it is wanted, and unloaded when it is out of use.
import { type Clock, shuttingDown } from '../core/index.ts';
import type { LoadPlan, Model } from '../models/index.ts';
import type { LoadedWorker, LoadPurpose, Supervisor, WorkerSnapshot } from '../workers/index.ts';
import { startIdleTimer } from './idle-timer.ts';
import {
  type GuardedModel,
  MemoryGuard,
  type MemoryGuardOptions,
  memoryHeldBytes,
  memoryView,
} from './memory-guard.ts';

/** How long a model without work is kept: null for ever, as one that also makes no room for others. */
export type KeepMs = number | null;

/** Limits are read at each use: they may change. */
export interface LoadedModelsOptions extends MemoryGuardOptions {
  readonly clock: Clock;
  /** `plan` says how the model is to be loaded; asked at each start of a worker, for which memory is set aside by then. */
  readonly createSupervisor: (model: Model, plan: () => LoadPlan | null) => Supervisor;
  readonly keepMs: (modelId: string) => KeepMs;
}

/** A worker as its operator sees it. */
export type LoadedModelView = WorkerSnapshot &
  ReturnType<typeof memoryView> & {
    readonly model: string;
    readonly engine: string;
    /** Until it is unloaded for want of use; null while it is used, loads, or is kept for ever. */
    readonly unloadsInMs: number | null;
  };

/** How often the workers' memory is measured. */
const patrolMs = 5000;

/** One model, in use by as many as have taken it up and not let it go. */
export interface ModelInUse {
  /** The model's worker, started if need be. */
  worker(signal: AbortSignal, purpose: LoadPurpose): Promise<LoadedWorker>;
  letGo(): void;
}

interface Entry extends GuardedModel {
  users: number;
  /** Loads ahead of any request that are under way. */
  loads: number;
  lastUsedMs: number;
  /** The worker of which it was told how much context it has. */
  toldOf: string | null;
  stopIdleTimer: () => void;
}

export class LoadedModels {
  readonly #options: LoadedModelsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #guard: MemoryGuard;
  readonly #patrol: NodeJS.Timeout;
  #keepsIdle = false;
  #isOver = false;

  constructor(options: LoadedModelsOptions) {
    this.#options = options;
    this.#guard = new MemoryGuard(options);
    this.#patrol = setInterval(() => void this.patrolMemory(), patrolMs).unref();
  }

  /** Bytes that are set aside or held, whichever is more, by all models together. */
  get memoryHeldBytes(): number {
    return memoryHeldBytes(this.#all());
  }

  get inUse(): boolean {
    return [...this.#entries.values()].some(({ users }) => users > 0);
  }

  snapshots(): readonly LoadedModelView[] {
    return this.#all().flatMap((entry) => {
      const snapshot = entry.supervisor.snapshot();
      const { id, engine } = entry.model;
      const unloadsInMs = this.#unloadsInMs(entry);
      return snapshot.state === 'stopped'
        ? []
        : [{ ...snapshot, ...memoryView(entry), model: id, engine, unloadsInMs }];
    });
  }

  /** Measures what the workers hold, and unloads idle models where it is more than there is. */
  async patrolMemory(): Promise<void> {
    await this.#guard.patrol(() => this.#all());
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
    clearInterval(this.#patrol);
    for (const { stopIdleTimer } of this.#entries.values()) stopIdleTimer();
    await Promise.all([...this.#entries.values()].map(({ supervisor }) => supervisor.stop('server_exit', graceMs)));
  }

  #all(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  #entry(model: Model): Entry {
    const known = this.#entries.get(model.id);
    if (known !== undefined) return known;
    const { createSupervisor, keepMs } = this.#options;
    const entry: Entry = {
      model,
      supervisor: createSupervisor(model, () => entry.load),
      users: 0,
      loads: 0,
      lastUsedMs: 0,
      get pinned() {
        return keepMs(model.id) === null;
      },
      load: null,
      measured: null,
      toldOf: null,
      stopIdleTimer: () => {},
    };
    this.#entries.set(model.id, entry);
    return entry;
  }

  async #ready(entry: Entry, signal: AbortSignal, purpose: LoadPurpose): Promise<LoadedWorker> {
    // Whoever has lost a worker gets the next one in its place: its memory is set aside still.
    if (entry.load === null || purpose !== 'recovery') await this.#guard.makeRoom(entry, () => this.#all());
    if (this.#isOver) throw shuttingDown();
    const loaded = await entry.supervisor.ensureReady(signal, purpose);
    this.#tellContext(entry, loaded);
    return loaded;
  }

  /** Once for each worker. */
  #tellContext(entry: Entry, { worker, ready: { contextLength } }: LoadedWorker): void {
    if (entry.toldOf === worker.id) return;
    entry.toldOf = worker.id;
    void this.patrolMemory();
    const ownContextLength = entry.load?.ownContextLength ?? null;
    if (ownContextLength === null || contextLength >= ownContextLength) return;
    this.#options.emit({ type: 'context-shortened', model: entry.model.id, contextLength, ownContextLength });
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
