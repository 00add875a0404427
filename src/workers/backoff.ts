// How long a worker that failed to start is left alone: 1 s, doubling to 30 s. One that starts and dies before it has
// answered anything fails no less; but a single request that kills its worker does that twice, and holds nobody back.
import type { Clock } from '../core/index.ts';

const firstMs = 1000;
const longestMs = 30_000;
const barrenDeathsAllowed = 2;

export interface Backoff {
  /** The reason of the last failure while starts are held back, else undefined. */
  held(): { readonly reason: string; readonly remainingMs: number } | undefined;
  /** It ended before it was ready. */
  failed(reason: string): void;
  /** It was ready, and crashed before its first token or answer. */
  diedBarren(reason: string): void;
  /** It answered something, or lived until it was told to end. */
  succeeded(): void;
}

export function createBackoff(clock: Clock): Backoff {
  let failures = 0;
  let barrenDeaths = 0;
  let untilMs = 0;
  let lastReason = '';
  const failed = (reason: string): void => {
    untilMs = clock.monotonicMs() + Math.min(longestMs, firstMs * 2 ** failures);
    failures += 1;
    lastReason = reason;
  };
  return {
    held() {
      const remainingMs = untilMs - clock.monotonicMs();
      return remainingMs > 0 ? { reason: lastReason, remainingMs } : undefined;
    },
    failed,
    diedBarren(reason) {
      barrenDeaths += 1;
      if (barrenDeaths > barrenDeathsAllowed) failed(reason);
    },
    succeeded() {
      failures = 0;
      barrenDeaths = 0;
      untilMs = 0;
    },
  };
}
