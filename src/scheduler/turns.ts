// Whose turn it is among waiters of one claim: holders by turns, and each holder's own in the order in which they came.
import type { Priority } from '../core/index.ts';

export interface Queued {
  readonly id: string;
  /** Who asks: turns are taken between holders. */
  readonly holder: string;
  readonly priority: Priority;
  /** Counts arrivals. */
  readonly order: number;
}

/** Who shares a priority enters a claim in the order of arrival, so the oldest of each line stands first. */
type Lines<T> = Record<Priority, Map<string, T>>;

export class Turns<T extends Queued> {
  /** Next holder first: a Map keeps the order of insertion. */
  readonly #holders = new Map<string, Lines<T>>();

  get isEmpty(): boolean {
    return this.#holders.size === 0;
  }

  add(waiter: T): void {
    const lines = this.#holders.get(waiter.holder) ?? { high: new Map(), normal: new Map(), low: new Map() };
    lines[waiter.priority].set(waiter.id, waiter);
    this.#holders.set(waiter.holder, lines);
  }

  remove({ id, holder, priority }: T): void {
    const lines = this.#holders.get(holder);
    lines?.[priority].delete(id);
    if (lines !== undefined && isEmpty(lines)) this.#holders.delete(holder);
  }

  /** Takes out the oldest waiter of the next holder, whose turn comes again behind the others. */
  take(): T | undefined {
    const next = this.#holders.entries().next().value;
    if (next === undefined) return undefined;
    const [holder, lines] = next;
    const oldest = oldestOf(lines)!;
    lines[oldest.priority].delete(oldest.id);
    this.#holders.delete(holder);
    if (!isEmpty(lines)) this.#holders.set(holder, lines);
    return oldest;
  }
}

const isEmpty = <T>({ high, normal, low }: Lines<T>): boolean => high.size + normal.size + low.size === 0;

function oldestOf<T extends Queued>({ high, normal, low }: Lines<T>): T | undefined {
  let oldest: T | undefined;
  for (const line of [high, normal, low]) {
    const head = line.values().next().value;
    if (head !== undefined && (oldest === undefined || head.order < oldest.order)) oldest = head;
  }
  return oldest;
}
