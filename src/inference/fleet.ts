// Carries out what the scheduler decides: slots for requests, a supervisor a model, unloading of models out of use.
import { type Clock, type Generation, type Priority, ServerError } from '../core/index.ts';
import type { Model } from '../models/index.ts';
import { type Admission, Scheduler } from '../scheduler/index.ts';
import type { LoadedWorker, Supervisor, WorkerSnapshot } from '../workers/index.ts';

export interface FleetOptions {
  readonly clock: Clock;
  readonly createSupervisor: (model: Model) => Supervisor;
  readonly maxConcurrentRequests: number;
  readonly queueMaxDepth: number;
  readonly queueTimeoutsMs: Readonly<Record<Priority, number>>;
  readonly idleTimeoutMs: number;
}

/** A place among the running requests of a model. Held through recovery, given back once. */
export interface Slot {
  readonly queueWaitMs: number;
  /** The model's worker, started if need be. */
  worker(signal: AbortSignal): Promise<LoadedWorker>;
  release(): void;
}

interface Waiter {
  readonly grant: () => void;
  readonly expire: () => void;
}

interface Entry {
  readonly supervisor: Supervisor;
  slots: number;
  idleTimer: NodeJS.Timeout | undefined;
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #scheduler: Scheduler;
  readonly #entries = new Map<string, Entry>();
  readonly #waiters = new Map<string, Waiter>();
  #deadlineTimer: NodeJS.Timeout | undefined;
  #draining = false;

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
    return [...this.#entries.values()].map(({ supervisor }) => ({
      ...supervisor.snapshot(),
      model: supervisor.model.id,
      engine: supervisor.model.engine,
    }));
  }

  /** A slot for `generation`, at once or when its turn comes. Throws queue_full, queue_timeout, shutting_down. */
  async slot(model: Model, { id, priority }: Generation, signal: AbortSignal): Promise<Slot> {
    if (this.#draining) throw shuttingDown();
    const { clock } = this.#options;
    const arrivedMs = clock.monotonicMs();
    const admission = this.#scheduler.admit(id, model.id, priority);
    if (admission !== 'granted') await this.#turn(id, admission, priority, signal);
    const entry = this.#entry(model);
    entry.slots += 1;
    clearTimeout(entry.idleTimer);
    let held = true;
    return {
      queueWaitMs: admission === 'granted' ? 0 : clock.monotonicMs() - arrivedMs,
      worker: (workerSignal) => entry.supervisor.ensureReady(workerSignal),
      release: () => {
        if (!held) return;
        held = false;
        this.#scheduler.leave(id);
        entry.slots -= 1;
        this.#armIdleTimer(entry);
      },
    };
  }

  /** Loads `model` ahead of any request. */
  async load(model: Model, signal: AbortSignal): Promise<LoadedWorker> {
    const entry = this.#entry(model);
    const loaded = await entry.supervisor.ensureReady(signal);
    this.#armIdleTimer(entry);
    return loaded;
  }

  /** Refuses new work from here on. */
  drain(): void {
    this.#draining = true;
  }

  /** Ends every worker and waits until all are gone. */
  async stopAll(graceMs?: number): Promise<void> {
    this.#draining = true;
    clearTimeout(this.#deadlineTimer);
    for (const { idleTimer } of this.#entries.values()) clearTimeout(idleTimer);
    await Promise.all([...this.#entries.values()].map(({ supervisor }) => supervisor.stop('server_exit', graceMs)));
  }

  #entry(model: Model): Entry {
    const known = this.#entries.get(model.id);
    if (known !== undefined) return known;
    const entry = { supervisor: this.#options.createSupervisor(model), slots: 0, idleTimer: undefined };
    this.#entries.set(model.id, entry);
    return entry;
  }

  #armIdleTimer(entry: Entry): void {
    clearTimeout(entry.idleTimer);
    if (entry.slots > 0 || this.#draining) return;
    entry.idleTimer = setTimeout(() => {
      if (entry.slots === 0) void entry.supervisor.stop('idle');
    }, this.#options.idleTimeoutMs);
    entry.idleTimer.unref();
  }

  #turn(id: string, admission: Admission, priority: Priority, signal: AbortSignal): Promise<void> {
    if (admission === 'queue_full') {
      const text = `The queue is full: ${this.#scheduler.depth} requests are waiting.`;
      throw new ServerError('queue_full', text, { retryAfterSeconds: 1 });
    }
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
        reject(signal.reason);
      });
      signal.addEventListener('abort', left, { once: true });
      this.#waiters.set(id, {
        grant: settle(resolve),
        expire: settle(() => {
          reject(
            new ServerError('queue_timeout', `No slot became free within ${seconds} s.`, { retryAfterSeconds: 5 }),
          );
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

const shuttingDown = (): ServerError =>
  new ServerError('shutting_down', 'The server is shutting down.', { retryAfterSeconds: 10 });
