// How good a claim a waiter has on the next free slot: that of its priority, and a better one as its patience runs out.
import type { Priority } from '../core/index.ts';

/** `due`: has waited for half of its patience, and takes turns with whoever is first otherwise. */
export type Claim = 'due' | Priority;

/** Quarters of its patience behind a waiter: none, one, two or three. */
export type Stage = 0 | 1 | 2;

/** The part of a waiter's patience at which each stage ends; at the end of the last it waits no more. */
export const stageEnds: readonly [number, number, number] = [1 / 4, 1 / 2, 1];

const claims: Readonly<Record<Priority, readonly [Claim, Claim, Claim]>> = {
  high: ['high', 'high', 'due'],
  normal: ['normal', 'high', 'due'],
  low: ['low', 'normal', 'due'],
};

/** How long a waiter of `priority` waits at the most. Asked at each use: the limits may change. */
export type PatienceMs = (priority: Priority) => number;

/** The lower, the better. */
export const claimRank: Readonly<Record<Claim, number>> = { due: 0, high: 1, normal: 2, low: 3 };

export const claimOf = (priority: Priority, stage: Stage): Claim => claims[priority][stage];

/** The last stage is never left here: who is asked has no end of patience, or has not come to it. */
export function stageAt(waitedMs: number, patienceMs: number): Stage {
  if (waitedMs < patienceMs * stageEnds[0]) return 0;
  return waitedMs < patienceMs * stageEnds[1] ? 1 : 2;
}
