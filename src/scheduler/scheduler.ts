// Who goes next. Pure and synchronous: decides from what it was told, acts through Effects alone, never waits.
import type { Clock, Priority } from '../core/index.ts';

export interface SchedulerEffects {
  /** The waiter may run now; it holds a slot until `leave`. */
  grant(id: string): void;
  /** The waiter waited longer than its priority allows; it is out of the queue. */
  expire(id: string): void;
}

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly effects: SchedulerEffects;
  /** Requests that run together in one lane. */
  readonly slotsPerLane: number;
  /** Requests that may wait in all lanes together. */
  readonly maxDepth: number;
  readonly timeoutsMs: Readonly<Record<Priority, number>>;
}

export type Admission = 'granted' | 'queued' | 'queue_full';

interface Waiter {
  readonly lane: Lane;
  readonly priority: Priority;
  readonly deadlineMs: number;
}

interface Lane {
  readonly running: Set<string>;
  /** First in, first out: a Map keeps the order of arrival. */
  readonly waiting: Readonly<Record<Priority, Map<string, Waiter>>>;
}

const priorities: readonly Priority[] = ['high', 'normal', 'low'];

/** One lane a model; a lane is made when it is first asked for. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #running = new Map<string, Lane>();
  readonly #waiting = new Map<string, Waiter>();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#waiting.size;
  }

  get full(): boolean {
    return this.#waiting.size >= this.#options.maxDepth;
  }

  admit(id: string, laneName: string, priority: Priority): Admission {
    const lane = this.#lane(laneName);
    if (lane.running.size < this.#options.slotsPerLane && priorities.every((level) => lane.waiting[level].size === 0)) {
      this.#run(id, lane);
      return 'granted';
    }
    if (this.full) return 'queue_full';
    const deadlineMs = this.#options.clock.monotonicMs() + this.#options.timeoutsMs[priority];
    const waiter = { lane, priority, deadlineMs };
    lane.waiting[priority].set(id, waiter);
    this.#waiting.set(id, waiter);
    return 'queued';
  }

  /** Takes `id` out, wherever it is; the slot it held goes to the next waiter of its lane. */
  leave(id: string): void {
    this.#dequeue(id);
    const lane = this.#running.get(id);
    if (lane === undefined) return;
    this.#running.delete(id);
    lane.running.delete(id);
    this.#fill(lane);
  }

  /** Expires whoever is overdue; the time of the next deadline, or undefined when nobody waits. */
  expireOverdue(): number | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    let nextMs: number | undefined;
    for (const [id, waiter] of [...this.#waiting]) {
      if (waiter.deadlineMs <= nowMs) {
        this.#dequeue(id);
        this.#options.effects.expire(id);
      } else if (nextMs === undefined || waiter.deadlineMs < nextMs) nextMs = waiter.deadlineMs;
    }
    return nextMs;
  }

  #lane(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane = { running: new Set<string>(), waiting: { high: new Map(), normal: new Map(), low: new Map() } };
    this.#lanes.set(name, lane);
    return lane;
  }

  #fill(lane: Lane): void {
    for (const level of priorities) {
      for (const id of [...lane.waiting[level].keys()]) {
        if (lane.running.size >= this.#options.slotsPerLane) return;
        this.#dequeue(id);
        this.#run(id, lane);
        this.#options.effects.grant(id);
      }
    }
  }

  #run(id: string, lane: Lane): void {
    lane.running.add(id);
    this.#running.set(id, lane);
  }

  #dequeue(id: string): void {
    const waiter = this.#waiting.get(id);
    waiter?.lane.waiting[waiter.priority].delete(id);
    this.#waiting.delete(id);
  }
}
