// Carries out what the scheduler decides: slots for requests, a supervisor a model, unloading of models out of use.
import type { Clock, EmitServerEvent, Generation, GenerationPlace, Priority } from '../core/index.ts';
import type { Model } from '../models/index.ts';
import { type Admission, Scheduler } from '../scheduler/index.ts';
import type { LoadedWorker, LoadPurpose, Supervisor, WorkerSnapshot } from '../workers/index.ts';
import { estimateBytes, planMemory } from './memory-plan.ts';
import { insufficientMemory, queueFull, queueTimeout, shuttingDown } from './refusals.ts';

export interface FleetOptions {
  readonly clock: Clock;
  readonly emit: EmitServerEvent;
  readonly createSupervisor: (model: Model) => Supervisor;
  readonly maxConcurrentRequests: number;
  readonly queueMaxDepth: number;
  readonly queueTimeoutsMs: Readonly<Record<Priority, number>>;
  readonly idleTimeoutMs: number;
  readonly memoryBudgetBytes: number;
}

/** A place among the running requests of a model. Held through recovery, given back once. */
export interface Slot {
  readonly queueWaitMs: number;
  /** The model's worker, started if need be. */
  worker(signal: AbortSignal, purpose: LoadPurpose): Promise<LoadedWorker>;
  release(): void;
}

interface Waiter {
  readonly grant: () => void;
  readonly expire: () => void;
}

interface Entry {
  readonly supervisor: Supervisor;
  readonly needBytes: number;
  slots: number;
  lastUsedMs: number;
  /** Memory is set aside for it: its worker runs, or is about to. */
  hasRoom: boolean;
  idleTimer: NodeJS.Timeout | undefined;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #scheduler: Scheduler;
  readonly #entries = new Map<string, Entry>();
  readonly #waiters = new Map<string, Waiter>();
  #deadlineTimer: NodeJS.Timeout | undefined;
  #roomTurn: Promise<void> = Promise.resolve();
  #draining = false;
  #isOver = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#scheduler = new Scheduler({
      clock: options.clock,
      slotsPerLane: options.maxConcurrentRequests,
      maxDepth: options.queueMaxDepth,
      timeoutsMs: options.queueTimeoutsMs,
      effects: {
        grant: (id) => this.#waiters.get(id)?.grant(),
        expire: (id) => this.#waiters.get(id)?.expire(),
      },
    });
  }

  get queueDepth(): number {
    return this.#scheduler.depth;
  }

  /** Whether any request runs or waits. */
  get busy(): boolean {
    return this.#scheduler.depth > 0 || [...this.#entries.values()].some(({ slots }) => slots > 0);
  }

  /** Reasons why new work would be refused just now; empty when it would not. */
  get unready(): readonly string[] {
    return [...(this.#draining ? ['draining'] : []), ...(this.#scheduler.full ? ['queue full'] : [])];
  }

  snapshots(): readonly (WorkerSnapshot & { readonly model: string; readonly engine: string })[] {
    return [...this.#entries.values()].flatMap(({ supervisor }) => {
      const snapshot = supervisor.snapshot();
      const { id, engine } = supervisor.model;
      return snapshot.state === 'stopped' ? [] : [{ ...snapshot, model: id, engine }];
    });
  }

  /** A slot for `generation`, at once or when its turn comes. Throws queue_full, queue_timeout, shutting_down. */
  async slot(model: Model, { id, priority }: Pick<Generation, 'id' | 'priority'>, signal: AbortSignal): Promise<Slot> {
    if (this.#draining) throw shuttingDown();
    const { clock, emit } = this.#options;
    const arrivedMs = clock.monotonicMs();
    const place = { requestId: id, model: model.id, priority };
    const admission = this.#scheduler.admit(id, model.id, priority);
    if (admission !== 'granted') await this.#turn(place, admission, signal);
    const queueWaitMs = admission === 'granted' ? 0 : clock.monotonicMs() - arrivedMs;
    const entry = this.#entry(model);
    entry.slots += 1;
    clearTimeout(entry.idleTimer);
    emit({ type: 'generation-granted', ...place, queueWaitMs });
    let held = true;
    return {
      queueWaitMs,
      worker: (workerSignal, purpose) => this.#ready(entry, workerSignal, purpose),
      release: () => {
        if (!held) return;
        held = false;
        this.#scheduler.leave(id);
        entry.slots -= 1;
        entry.lastUsedMs = clock.monotonicMs();
        this.#armIdleTimer(entry);
        emit({ type: 'generation-released', requestId: id, model: model.id });
      },
    };
  }

  /** Loads `model` ahead of any request. */
  async load(model: Model, signal: AbortSignal): Promise<LoadedWorker> {
    const entry = this.#entry(model);
    const loaded = await this.#ready(entry, signal, 'load');
    this.#armIdleTimer(entry);
    return loaded;
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

  /** Refuses new work from here on. */
  drain(): void {
    this.#draining = true;
  }

  /** Ends every worker and waits until all are gone. */
  async stopAll(graceMs?: number): Promise<void> {
    this.#draining = true;
    this.#isOver = true;
    clearTimeout(this.#deadlineTimer);
    for (const { idleTimer } of this.#entries.values()) clearTimeout(idleTimer);
    await Promise.all([...this.#entries.values()].map(({ supervisor }) => supervisor.stop('server_exit', graceMs)));
  }

  #entry(model: Model): Entry {
    const known = this.#entries.get(model.id);
    if (known !== undefined) return known;
    const supervisor = this.#options.createSupervisor(model);
    const needBytes = estimateBytes(model.weightBytes);
    const entry: Entry = { supervisor, needBytes, slots: 0, lastUsedMs: 0, hasRoom: false, idleTimer: undefined };
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
      if (other !== entry && other.slots === 0 && other.supervisor.snapshot().state === 'stopped')
        other.hasRoom = false;
    }
    if (entry.hasRoom) return;
    const holders = [...this.#entries.values()].filter(({ hasRoom }) => hasRoom);
    const users = holders.map(({ supervisor, needBytes, lastUsedMs, slots }) => ({
      id: supervisor.model.id,
      bytes: needBytes,
      lastUsedMs,
      busy: slots > 0,
    }));
    const plan = planMemory(entry.needBytes, this.#options.memoryBudgetBytes, users);
    if (!plan.fits) throw insufficientMemory({ model: entry.supervisor.model.id, needBytes: entry.needBytes, ...plan });
    entry.hasRoom = true;
    for (const holder of holders.filter(({ supervisor }) => plan.evict.includes(supervisor.model.id))) {
      await holder.supervisor.stop('evicted');
      holder.hasRoom = false;
    }
  }

  #armIdleTimer(entry: Entry): void {
    clearTimeout(entry.idleTimer);
    if (entry.slots > 0 || this.#draining) return;
    entry.idleTimer = setTimeout(() => {
      if (entry.slots === 0) void entry.supervisor.stop('idle');
    }, this.#options.idleTimeoutMs);
    entry.idleTimer.unref();
  }

  #turn(place: GenerationPlace, admission: Admission, signal: AbortSignal): Promise<void> {
    const { emit } = this.#options;
    const { requestId: id, priority } = place;
    if (admission === 'queue_full') {
      emit({ type: 'queue-full', ...place });
      throw queueFull(this.#scheduler.depth);
    }
    emit({ type: 'generation-queued', ...place });
    this.#armDeadline();
    return new Promise<void>((resolve, reject) => {
      const settle = (outcome: () => void) => () => {
        this.#waiters.delete(id);
        signal.removeEventListener('abort', left);
        outcome();
      };
      const seconds = this.#options.queueTimeoutsMs[priority] / 1000;
      const left = settle(() => {
        this.#scheduler.leave(id);
        emit({ type: 'generation-unqueued', ...place, outcome: 'left' });
        reject(signal.reason);
      });
      signal.addEventListener('abort', left, { once: true });
      this.#waiters.set(id, {
        grant: settle(resolve),
        expire: settle(() => {
          emit({ type: 'generation-unqueued', ...place, outcome: 'expired' });
          reject(queueTimeout(seconds));
        }),
      });
      if (signal.aborted) left();
    });
  }

  #armDeadline(): void {
    if (this.#deadlineTimer !== undefined) return;
    const nextMs = this.#scheduler.expireOverdue();
    if (nextMs === undefined) return;
    const delayMs = Math.max(1, nextMs - this.#options.clock.monotonicMs());
    this.#deadlineTimer = setTimeout(() => {
      this.#deadlineTimer = undefined;
      this.#armDeadline();
    }, delayMs);
    this.#deadlineTimer.unref();
  }
}
