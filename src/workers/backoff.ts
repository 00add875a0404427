// How long a worker that failed to start is left alone: 1 s, doubling to 30 s.
import type { Clock } from '../core/index.ts';

const firstMs = 1000;
const longestMs = 30_000;

export interface Backoff {
  /** The reason of the last failure while starts are held back, else undefined. */
  held(): { readonly reason: string; readonly remainingMs: number } | undefined;
  failed(reason: string): void;
  succeeded(): void;
}

export function createBackoff(clock: Clock): Backoff {
  let failures = 0;
  let untilMs = 0;
  let lastReason = '';
  return {
    held() {
      const remainingMs = untilMs - clock.monotonicMs();
      return remainingMs > 0 ? { reason: lastReason, remainingMs } : undefined;
    },
    failed(reason) {
      untilMs = clock.monotonicMs() + Math.min(longestMs, firstMs * 2 ** failures);
      failures += 1;
      lastReason = reason;
    },
    succeeded() {
      failures = 0;
      untilMs = 0;
    },
  };
}
