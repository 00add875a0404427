// Who goes next, over all lanes. Pure and synchronous: decides from what it was told, acts through Effects alone, never
// waits.
import type { Clock, Priority } from '../core/index.ts';
import { Ageing } from './ageing.ts';
import { Lane, type LaneShape } from './lane.ts';
import type { Waiter } from './lane-queue.ts';

export interface SchedulerEffects {
  /** The waiter may run now; it holds a slot until `leave`. */
  grant(id: string): void;
  /** The waiter waited longer than its priority allows; it is out of the queue. */
  expire(id: string): void;
  /** The running one has to leave its batch; it holds its slot until `paused` or `leave`. */
  pause(id: string): void;
  /** The paused one has a slot again. */
  resume(id: string): void;
}

export interface SchedulerOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly effects: SchedulerEffects;
  /** Requests that run together in one lane, until `shape` says otherwise. */
  readonly slotsPerLane: number;
  /** Requests that may wait in all lanes together. */
  readonly maxDepth: number;
  readonly timeoutsMs: Readonly<Record<Priority, number>>;
}

export interface Entrant {
  readonly id: string;
  readonly lane: string;
  readonly priority: Priority;
  /** Who asks: within a priority, holders take turns. */
  readonly holder: string;
}

export type Admission = 'granted' | 'queued' | 'queue_full';

interface LaneWaiter extends Waiter {
  readonly home: Lane;
}

/** One lane a model; a lane is made when it is first asked for. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #lanes = new Map<string, Lane>();
  /** The lane of each one that runs or is paused. */
  readonly #placed = new Map<string, Lane>();
  readonly #waiting = new Map<string, LaneWaiter>();
  readonly #ageing: Ageing<LaneWaiter>;
  readonly #patienceMs = (priority: Priority): number => this.#options.timeoutsMs[priority];
  #arrivals = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#ageing = new Ageing(this.#patienceMs);
  }

  get depth(): number {
    return this.#waiting.size;
  }

  get full(): boolean {
    return this.#waiting.size >= this.#options.maxDepth;
  }

  admit({ id, lane: laneName, priority, holder }: Entrant): Admission {
    const nowMs = this.#now();
    const lane = this.#lane(laneName);
    if (lane.isOpen) {
      this.#placed.set(id, lane);
      lane.start({ id, priority }, nowMs, false);
      return 'granted';
    }
    if (this.full) return 'queue_full';
    this.#arrivals += 1;
    const about = { id, priority, holder, order: this.#arrivals, arrivedMs: nowMs };
    const waiter: LaneWaiter = { ...about, stage: 0, home: lane };
    this.#waiting.set(id, waiter);
    this.#ageing.add(waiter);
    lane.queue.add(waiter);
    this.#preempt(lane);
    return 'queued';
  }

  /** Takes `id` out, wherever it is; the slot it held goes to the next of its lane. */
  leave(id: string): void {
    const waiter = this.#waiting.get(id);
    if (waiter !== undefined) {
      this.#waiting.delete(id);
      this.#ageing.remove(waiter);
      waiter.home.queue.remove(waiter);
      return;
    }
    const lane = this.#placed.get(id);
    this.#placed.delete(id);
    if (lane?.end(id, this.#now()) === true) this.#settle(lane);
  }

  /** `id` has left the batch as it was told to: its slot is free. Of no effect when it was not told to, or has ended. */
  paused(id: string): void {
    const lane = this.#placed.get(id);
    lane?.hasPaused(id, this.#now());
    if (lane !== undefined) this.#settle(lane);
  }

  /** What the worker of a lane can do; never more slots than the options allow. */
  shape(laneName: string, { slots, pausable }: LaneShape): void {
    const lane = this.#lane(laneName);
    lane.reshape({ slots: Math.min(slots, this.#options.slotsPerLane), pausable });
    this.#settle(lane);
  }

  /** Expires whoever is overdue; the time of the next deadline, or undefined when nobody waits. */
  expireOverdue(): number | undefined {
    this.#age(this.#now());
    return this.#ageing.nextExpiryMs;
  }

  /** When one who is refused should come again: when those who wait in the lane now will have had their turn. */
  retryAfterSeconds(laneName: string): number {
    const { queue, throughput } = this.#lane(laneName);
    return throughput.secondsFor(queue.size + 1, this.#now());
  }

  /** Fills free slots, then makes room for those of high priority who still wait. */
  #settle(lane: Lane): void {
    const nowMs = this.#now();
    this.#age(nowMs);
    for (let step = lane.next(nowMs); step !== undefined; step = lane.next(nowMs)) {
      if (step.kind === 'resume') this.#options.effects.resume(step.id);
      else this.#grant(step.id, lane);
    }
    this.#preempt(lane);
  }

  #grant(id: string, lane: Lane): void {
    const waiter = this.#waiting.get(id);
    if (waiter !== undefined) this.#ageing.remove(waiter);
    this.#waiting.delete(id);
    this.#placed.set(id, lane);
    this.#options.effects.grant(id);
  }

  #preempt(lane: Lane): void {
    for (let victim = lane.nextVictim(); victim !== undefined; victim = lane.nextVictim())
      this.#options.effects.pause(victim.id);
  }

  #age(nowMs: number): void {
    this.#ageing.advance(nowMs, {
      climbed: (waiter, from) => waiter.home.queue.climbed(waiter, from),
      expired: (waiter) => {
        waiter.home.queue.remove(waiter);
        this.#waiting.delete(waiter.id);
        this.#options.effects.expire(waiter.id);
      },
    });
  }

  #lane(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane = new Lane({ slots: this.#options.slotsPerLane, pausable: 0 }, this.#patienceMs);
    this.#lanes.set(name, lane);
    return lane;
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }
}
