// One model's slots: who runs, who is paused, who waits, and whose the next free slot is.
import type { Priority } from '../core/index.ts';
import { type Claim, claimRank, type PatienceMs } from './claim.ts';
import { LaneQueue } from './lane-queue.ts';
import { claimOfPaused, type Paused, type Running, victimOf } from './preemption.ts';
import { Throughput } from './throughput.ts';

export interface LaneShape {
  /** Generations that run together. */
  readonly slots: number;
  /** Generations that may be paused at once, beside those that run. */
  readonly pausable: number;
}

/** `grant`: from the queue into a slot. `resume`: a paused one has its slot again. */
export interface Step {
  readonly kind: 'grant' | 'resume';
  readonly id: string;
}

export class Lane {
  readonly queue = new LaneQueue();
  readonly throughput = new Throughput();
  readonly #patienceMs: PatienceMs;
  readonly #running = new Map<string, Running>();
  readonly #paused = new Map<string, Paused>();
  #shape: LaneShape;
  #started = 0;

  constructor(shape: LaneShape, patienceMs: PatienceMs) {
    this.#shape = shape;
    this.#patienceMs = patienceMs;
  }

  reshape(shape: LaneShape): void {
    this.#shape = shape;
  }

  get hasFreeSlot(): boolean {
    return this.#running.size < this.#shape.slots;
  }

  /** Nobody stands between a newcomer and a free slot. */
  get isOpen(): boolean {
    return this.hasFreeSlot && this.queue.size === 0 && this.#paused.size === 0;
  }

  start(about: { readonly id: string; readonly priority: Priority }, nowMs: number, isSettled: boolean): void {
    const { id, priority } = about;
    this.#started += 1;
    this.#running.set(id, { id, priority, started: this.#started, pausedMs: 0, isSettled, isPausing: false });
    this.throughput.began(nowMs);
  }

  /** Ends it, running or paused; false when it was neither. */
  end(id: string, nowMs: number): boolean {
    if (this.#paused.delete(id)) return true;
    if (!this.#running.delete(id)) return false;
    this.throughput.released(nowMs);
    if (this.#running.size === 0) this.throughput.rested(nowMs);
    return true;
  }

  /** It has left the batch as it was told to, and its slot is free. */
  hasPaused(id: string, nowMs: number): void {
    const running = this.#running.get(id);
    if (running?.isPausing !== true) return;
    this.#running.delete(id);
    this.#paused.set(id, { ...running, sinceMs: nowMs });
    this.queue.deferDue();
    if (this.#running.size === 0) this.throughput.rested(nowMs);
  }

  /** Gives a free slot to whose turn it is. */
  next(nowMs: number): Step | undefined {
    if (!this.hasFreeSlot) return undefined;
    const claim = this.queue.nextClaim;
    const paused = this.#bestPaused(nowMs);
    if (paused !== undefined && goesFirst(paused.claim, claim)) return this.#resume(paused.one, nowMs);
    const waiter = this.queue.take();
    if (waiter === undefined) return undefined;
    this.start(waiter, nowMs, claim === 'due');
    return { kind: 'grant', id: waiter.id };
  }

  /** The one that has to make room now, marked as told to; undefined when nobody has, or can. */
  nextVictim(): Running | undefined {
    const pausing = [...this.#running.values()].filter(({ isPausing }) => isPausing).length;
    /** Below zero while more were let in, before their worker was loaded, than it turned out to run. */
    const freeSlots = this.#shape.slots - (this.#running.size - pausing);
    const isWanted = freeSlots >= 0 && this.queue.counts.high > freeSlots;
    if (!isWanted || this.#paused.size + pausing >= this.#shape.pausable) return undefined;
    const victim = victimOf(this.#running.values());
    if (victim !== undefined) victim.isPausing = true;
    return victim;
  }

  #bestPaused(nowMs: number): { readonly one: Paused; readonly claim: Claim } | undefined {
    let best: { readonly one: Paused; readonly claim: Claim } | undefined;
    for (const one of this.#paused.values()) {
      const claim = claimOfPaused(one, nowMs, this.#patienceMs(one.priority));
      if (best === undefined || claimRank[claim] < claimRank[best.claim]) best = { one, claim };
    }
    return best;
  }

  #resume({ sinceMs, ...running }: Paused, nowMs: number): Step {
    const pausedMs = running.pausedMs + nowMs - sinceMs;
    const isSettled = running.isSettled || pausedMs >= this.#patienceMs(running.priority) / 2;
    this.#paused.delete(running.id);
    this.#started += 1;
    this.#running.set(running.id, { ...running, started: this.#started, pausedMs, isSettled, isPausing: false });
    this.throughput.began(nowMs);
    return { kind: 'resume', id: running.id };
  }
}

/** A paused generation goes before waiters of the same claim: its work is begun and holds memory. */
const goesFirst = (paused: Claim, waiting: Claim | undefined): boolean =>
  waiting === undefined || claimRank[paused] <= claimRank[waiting];
