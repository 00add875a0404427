// When waiters enter a stage of their patience, and when it is over. Waiters of one priority grow old in the order in which
// they came, so each stage is a line and only its head is ever looked at.
import type { Priority } from '../core/index.ts';
import { type PatienceMs, type Stage, stageEnds } from './claim.ts';

export interface Aged {
  readonly id: string;
  readonly priority: Priority;
  readonly arrivedMs: number;
  /** Moved by {@link Ageing} alone. */
  stage: Stage;
}

export interface AgeingEvents<T> {
  /** It is in the next stage now, and was in `from`. */
  climbed(waiter: T, from: Stage): void;
  /** Its patience is over; it is forgotten here. */
  expired(waiter: T): void;
}

type Lines<T> = readonly [Map<string, T>, Map<string, T>, Map<string, T>];

const stages = [0, 1, 2] as const;
const newLines = <T>(): Lines<T> => [new Map(), new Map(), new Map()];

export class Ageing<T extends Aged> {
  readonly #patienceMs: PatienceMs;
  readonly #lines: Readonly<Record<Priority, Lines<T>>> = { high: newLines(), normal: newLines(), low: newLines() };

  constructor(patienceMs: PatienceMs) {
    this.#patienceMs = patienceMs;
  }

  add(waiter: T): void {
    this.#lines[waiter.priority][waiter.stage].set(waiter.id, waiter);
  }

  remove({ id, priority, stage }: T): void {
    this.#lines[priority][stage].delete(id);
  }

  /** Brings everybody to the stage of `nowMs`, those who have waited longest of their priority first. */
  advance(nowMs: number, events: AgeingEvents<T>): void {
    for (const priority of ['high', 'normal', 'low'] as const) {
      for (const stage of stages) {
        for (const waiter of this.#lines[priority][stage].values()) {
          if (this.#stageEndMs(waiter, stage) > nowMs) break;
          this.remove(waiter);
          if (stage === 2) {
            events.expired(waiter);
            continue;
          }
          waiter.stage = stage === 0 ? 1 : 2;
          this.add(waiter);
          events.climbed(waiter, stage);
        }
      }
    }
  }

  /** When the next waiter's patience is over; undefined when nobody waits. */
  get nextExpiryMs(): number | undefined {
    let next: number | undefined;
    for (const lines of Object.values(this.#lines)) {
      const oldest = [lines[2], lines[1], lines[0]]
        .find(({ size }) => size > 0)
        ?.values()
        .next().value;
      if (oldest === undefined) continue;
      const expiryMs = this.#stageEndMs(oldest, 2);
      if (next === undefined || expiryMs < next) next = expiryMs;
    }
    return next;
  }

  #stageEndMs({ priority, arrivedMs }: T, stage: Stage): number {
    return arrivedMs + this.#patienceMs(priority) * stageEnds[stage];
  }
}
