// Who waits in one lane, by claim. While somebody is due, every second slot is his, so neither side can starve the other.
import type { Priority } from '../core/index.ts';
import type { Aged } from './ageing.ts';
import { type Claim, claimOf, type Stage } from './claim.ts';
import { type Queued, Turns } from './turns.ts';

export interface Waiter extends Queued, Aged {}

const ownClaims: readonly Claim[] = ['high', 'normal', 'low'];

export class LaneQueue {
  readonly #turns: Readonly<Record<Claim, Turns<Waiter>>> = {
    due: new Turns(),
    high: new Turns(),
    normal: new Turns(),
    low: new Turns(),
  };
  readonly #counts: Record<Priority, number> = { high: 0, normal: 0, low: 0 };
  #dueCameLast = false;

  get size(): number {
    return this.#counts.high + this.#counts.normal + this.#counts.low;
  }

  /** Waiters by the priority that they came with. */
  get counts(): Readonly<Record<Priority, number>> {
    return this.#counts;
  }

  add(waiter: Waiter): void {
    this.#counts[waiter.priority] += 1;
    this.#turnsOf(waiter, waiter.stage).add(waiter);
  }

  remove(waiter: Waiter): void {
    this.#counts[waiter.priority] -= 1;
    this.#turnsOf(waiter, waiter.stage).remove(waiter);
  }

  /** Forgets one who is not in `stage` any more, and takes it up where it is now. */
  climbed(waiter: Waiter, from: Stage): void {
    this.#turnsOf(waiter, from).remove(waiter);
    this.#turnsOf(waiter, waiter.stage).add(waiter);
  }

  /** The claim by which the next slot goes; undefined when nobody waits. */
  get nextClaim(): Claim | undefined {
    const isOpen = (claim: Claim): boolean => !this.#turns[claim].isEmpty;
    const best = ownClaims.find(isOpen);
    return isOpen('due') && (best === undefined || !this.#dueCameLast) ? 'due' : best;
  }

  /** The next slot was made for somebody else: who is due comes after him. */
  deferDue(): void {
    this.#dueCameLast = true;
  }

  take(): Waiter | undefined {
    const claim = this.nextClaim;
    if (claim === undefined) return undefined;
    const waiter = this.#turns[claim].take()!;
    this.#counts[waiter.priority] -= 1;
    this.#dueCameLast = claim === 'due';
    return waiter;
  }

  #turnsOf({ priority }: Waiter, stage: Stage): Turns<Waiter> {
    return this.#turns[claimOf(priority, stage)];
  }
}
