// Where generations wait for a place: the scheduler's decisions as promises, its deadlines as one timer. Starts no worker.
import type { Clock, EmitServerEvent, GenerationPlace, Priority } from '../core/index.ts';
import { type LaneShape, Scheduler } from '../scheduler/index.ts';
import { type AwakeClock, startAwakeClock } from './awake-clock.ts';
import { createPauseGate, type PauseGate } from './pause-gate.ts';
import { queueFull, queueTimeout, withRetryAfter } from './refusals.ts';
import { createTurn, type Turn } from './turn.ts';

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

/** A generation that waits, runs or is paused. */
interface Guest {
  readonly place: GenerationPlace;
  readonly turn: Turn;
  readonly gate: PauseGate;
}

/** What setTimeout counts to. */
const longestTimerMs = 2 ** 31 - 1;

export class WaitingRoom {
  readonly #options: WaitingRoomOptions;
  readonly #awake: AwakeClock;
  readonly #scheduler: Scheduler;
  readonly #guests = new Map<string, Guest>();
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
        grant: (id) => this.#guests.get(id)?.turn.come(),
        expire: (id) => this.#with(id, (guest) => this.#expire(guest)),
        pause: (id) => this.#guests.get(id)?.gate.pause(),
        resume: (id) => this.#with(id, (guest) => this.#resume(guest)),
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
    const guest: Guest = { place, turn: createTurn(), gate: this.#gateOf(place) };
    this.#guests.set(id, guest); // Ahead of its admission: another may make room for it at once.
    const admission = this.#scheduler.admit({ id, lane: model, priority, holder });
    if (admission === 'queue_full') {
      this.#guests.delete(id);
      emit({ type: 'queue-full', ...place });
      throw queueFull(this.#scheduler.depth, this.#scheduler.retryAfterSeconds(model));
    }
    if (admission === 'queued') await this.#wait(guest, signal);
    const queueWaitMs = admission === 'granted' ? 0 : clock.monotonicMs() - arrivedMs;
    emit({ type: 'generation-granted', ...place, queueWaitMs });
    const leave = (): void => {
      this.#guests.delete(id);
      this.#scheduler.leave(id);
    };
    return { queueWaitMs, gate: guest.gate, leave };
  }

  /** What the worker of `model` turned out to be able to do. */
  shape(model: string, shape: LaneShape): void {
    this.#scheduler.shape(model, shape);
  }

  stop(): void {
    clearTimeout(this.#deadlineTimer);
    this.#awake.stop();
  }

  #with(id: string, act: (guest: Guest) => void): void {
    const guest = this.#guests.get(id);
    if (guest !== undefined) act(guest);
  }

  #gateOf(place: GenerationPlace): PauseGate {
    return createPauseGate(() => {
      this.#options.emit({ type: 'generation-paused', ...place });
      this.#scheduler.paused(place.requestId);
    });
  }

  #resume({ place, gate }: Guest): void {
    this.#options.emit({ type: 'generation-continued', ...place });
    gate.resume();
  }

  async #wait({ place, turn }: Guest, signal: AbortSignal): Promise<void> {
    const { requestId: id, model } = place;
    this.#options.emit({ type: 'generation-queued', ...place });
    this.#armDeadline();
    await turn.wait(signal, () => {
      this.#scheduler.leave(id);
      this.#goOut(place, 'left');
      return withRetryAfter(signal.reason, () => this.#scheduler.retryAfterSeconds(model));
    });
  }

  #expire({ place, turn }: Guest): void {
    const seconds = this.#options.queueTimeoutsMs[place.priority] / 1000;
    this.#goOut(place, 'expired');
    turn.fail(queueTimeout(seconds, this.#scheduler.retryAfterSeconds(place.model)));
  }

  #goOut(place: GenerationPlace, outcome: 'left' | 'expired'): void {
    this.#guests.delete(place.requestId);
    this.#options.emit({ type: 'generation-unqueued', ...place, outcome });
  }

  /** For whoever is next, who may have come last: a low waiter has less time than a high one. */
  #armDeadline(): void {
    clearTimeout(this.#deadlineTimer);
    const nextMs = this.#scheduler.expireOverdue();
    if (nextMs === undefined) return;
    const delayMs = Math.min(longestTimerMs, Math.max(1, nextMs - this.#awake.monotonicMs()));
    this.#deadlineTimer = setTimeout(() => this.#armDeadline(), delayMs);
    this.#deadlineTimer.unref();
  }
}
