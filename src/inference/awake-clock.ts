// A clock that stands still while this process does: stopped, suspended with its machine, or kept from its event loop.
import type { Clock } from '../core/index.ts';

const tickMs = 1000;
/** How late a tick may come on a busy machine and still be one. */
const toleranceMs = 500;

export interface AwakeClock extends Pick<Clock, 'monotonicMs'> {
  /** From here on standstills are no longer noticed. */
  stop(): void;
}

export function startAwakeClock(clock: Pick<Clock, 'monotonicMs'>): AwakeClock {
  let lastMs = clock.monotonicMs();
  let lostMs = 0;
  const read = (): number => {
    const nowMs = clock.monotonicMs();
    const gapMs = nowMs - lastMs;
    if (gapMs > tickMs + toleranceMs) lostMs += gapMs - tickMs;
    lastMs = nowMs;
    return nowMs - lostMs;
  };
  const timer = setInterval(read, tickMs);
  timer.unref();
  return { monotonicMs: read, stop: () => clearInterval(timer) };
}
