// Where generations wait for a place: the scheduler's decisions as promises, its deadlines as one timer. Starts no worker.
import type { Clock, EmitServerEvent, GenerationPlace, Priority } from '../core/index.ts';
import { type LaneShape, Scheduler } from '../scheduler/index.ts';
import { type AwakeClock, startAwakeClock } from './awake-clock.ts';
import { createPauseGate, type PauseGate } from './pause-gate.ts';
import { queueFull, queueTimeout } from './refusals.ts';

/** Limits are read at each use: they may change. */
export interface WaitingRoomOptions {
  readonly clock: Clock;
  readonly emit: EmitServerEvent;
  readonly maxConcurrentRequests: number;
  readonly queueMaxDepth: number;
  readonly queueTimeoutsMs: Readonly<Record<Priority, number>>;
}

/** A place among the running generations of a model, until `leave`. */
export interface Place {
  readonly queueWaitMs: number;
  /** Closed while the generation has lent its place to another. */
  readonly gate: PauseGate;
  leave(): void;
}

interface Waiter {
  readonly grant: () => void;
  readonly expire: () => void;
}

export class WaitingRoom {
  readonly #options: WaitingRoomOptions;
  readonly #awake: AwakeClock;
  readonly #scheduler: Scheduler;
  readonly #waiters = new Map<string, Waiter>();
  readonly #placed = new Map<string, { readonly gate: PauseGate; readonly resumed: () => void }>();
  #deadlineTimer: NodeJS.Timeout | undefined;

  constructor(options: WaitingRoomOptions) {
    this.#options = options;
    this.#awake = startAwakeClock(options.clock);
    this.#scheduler = new Scheduler({
      clock: this.#awake,
      slotsPerLane: options.maxConcurrentRequests,
      get maxDepth() {
        return options.queueMaxDepth;
      },
      get timeoutsMs() {
        return options.queueTimeoutsMs;
      },
      effects: {
        grant: (id) => this.#waiters.get(id)?.grant(),
        expire: (id) => this.#waiters.get(id)?.expire(),
        pause: (id) => this.#placed.get(id)?.gate.pause(),
        resume: (id) => this.#placed.get(id)?.resumed(),
      },
    });
  }

  get depth(): number {
    return this.#scheduler.depth;
  }

  get full(): boolean {
    return this.#scheduler.full;
  }

  /** A place, at once or when its turn comes. Throws queue_full, queue_timeout, or the reason of `signal`. */
  async enter(place: GenerationPlace, holder: string, signal: AbortSignal): Promise<Place> {
    const { clock, emit } = this.#options;
    const { requestId: id, model, priority } = place;
    const arrivedMs = clock.monotonicMs();
    const { gate, resumed } = this.#gateOf(place);
    this.#placed.set(id, { gate, resumed });
    const admission = this.#scheduler.admit({ id, lane: model, priority, holder });
    if (admission === 'queued') await this.#turn(place, signal);
    if (admission === 'queue_full') {
      this.#placed.delete(id);
      emit({ type: 'queue-full', ...place });
      throw queueFull(this.#scheduler.depth, this.#scheduler.retryAfterSeconds(model));
    }
    const queueWaitMs = admission === 'granted' ? 0 : clock.monotonicMs() - arrivedMs;
    emit({ type: 'generation-granted', ...place, queueWaitMs });
    const leave = (): void => {
      this.#placed.delete(id);
      this.#scheduler.leave(id);
    };
    return { queueWaitMs, gate, leave };
  }

  /** What the worker of `model` turned out to be able to do. */
  shape(model: string, shape: LaneShape): void {
    this.#scheduler.shape(model, shape);
  }

  stop(): void {
    clearTimeout(this.#deadlineTimer);
    this.#awake.stop();
  }

  #gateOf(place: GenerationPlace): { readonly gate: PauseGate; readonly resumed: () => void } {
    const { clock, emit } = this.#options;
    let sinceMs = 0;
    const gate = createPauseGate(() => {
      sinceMs = clock.monotonicMs();
      emit({ type: 'generation-paused', ...place });
      this.#scheduler.paused(place.requestId);
    });
    const resumed = (): void => {
      emit({ type: 'generation-continued', ...place, pausedMs: clock.monotonicMs() - sinceMs });
      gate.resume();
    };
    return { gate, resumed };
  }

  #turn(place: GenerationPlace, signal: AbortSignal): Promise<void> {
    const { emit } = this.#options;
    const { requestId: id, model, priority } = place;
    emit({ type: 'generation-queued', ...place });
    this.#armDeadline();
    return new Promise<void>((resolve, reject) => {
      const settle = (outcome: () => void) => () => {
        this.#waiters.delete(id);
        signal.removeEventListener('abort', left);
        outcome();
      };
      const goOut = (outcome: 'left' | 'expired', reason: () => Error): void => {
        this.#placed.delete(id);
        emit({ type: 'generation-unqueued', ...place, outcome });
        reject(reason());
      };
      const left = settle(() => {
        this.#scheduler.leave(id);
        goOut('left', () => signal.reason as Error);
      });
      const seconds = this.#options.queueTimeoutsMs[priority] / 1000;
      const expire = settle(() =>
        goOut('expired', () => queueTimeout(seconds, this.#scheduler.retryAfterSeconds(model))),
      );
      signal.addEventListener('abort', left, { once: true });
      this.#waiters.set(id, { grant: settle(resolve), expire });
      if (signal.aborted) left();
    });
  }

  #armDeadline(): void {
    if (this.#deadlineTimer !== undefined) return;
    const nextMs = this.#scheduler.expireOverdue();
    if (nextMs === undefined) return;
    const delayMs = Math.max(1, nextMs - this.#awake.monotonicMs());
    this.#deadlineTimer = setTimeout(() => {
      this.#deadlineTimer = undefined;
      this.#armDeadline();
    }, delayMs);
    this.#deadlineTimer.unref();
  }
}
