// A timer that may be longer than the 24 days that setTimeout counts to. Keeps nobody's process from ending.
import type { Clock } from '../core/index.ts';

const longestMs = 2 ** 31 - 1;

/** Calls `onDue` once the clock shows `dueMs`; returns how to stop that. */
export function startIdleTimer(clock: Clock, dueMs: number, onDue: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const leftMs = dueMs - clock.monotonicMs();
    timer = setTimeout(() => (leftMs > longestMs ? arm() : onDue()), Math.min(longestMs, Math.max(1, leftMs)));
    timer.unref();
  };
  arm();
  return () => clearTimeout(timer);
}
