// Which generations of a lane run, which are paused for others, and whom to pause next. Decides; sends nothing.
import type { Priority } from '../core/index.ts';
import { type Claim, claimOf, stageAt } from './claim.ts';

export interface Running {
  readonly id: string;
  readonly priority: Priority;
  /** Counts starts, so that the youngest is known. */
  readonly started: number;
  /** Time that it was paused for, all pauses together. */
  readonly pausedMs: number;
  /** It waited long for its slot, or was paused for long: it keeps it now. */
  readonly isSettled: boolean;
  /** Told to leave the batch; it holds its slot until it has. */
  isPausing: boolean;
}

export interface Paused extends Running {
  readonly sinceMs: number;
}

/** The one to pause for a waiter of high priority: the youngest low one that may still be paused. */
export function victimOf(running: Iterable<Running>): Running | undefined {
  let youngest: Running | undefined;
  for (const one of running) {
    if (one.priority !== 'low' || one.isPausing || one.isSettled) continue;
    if (youngest === undefined || one.started > youngest.started) youngest = one;
  }
  return youngest;
}

/** A paused generation grows older as waiters do, by all the time that it was paused; only its patience never ends. */
export const claimOfPaused = ({ priority, pausedMs, sinceMs }: Paused, nowMs: number, patienceMs: number): Claim =>
  claimOf(priority, stageAt(pausedMs + nowMs - sinceMs, patienceMs));
