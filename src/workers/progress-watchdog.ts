// Judges a worker by frames for its requests. Knows no process: it says which requests have been silent for too long.
import type { Clock } from '../core/index.ts';

export interface ProgressWatchdog {
  /** Starts the request's clock, or sets it back to zero. */
  progress(id: string): void;
  forget(id: string): void;
  stop(): void;
}

/**
 * Calls `onSilent` once, with every request that made no progress for `timeoutMs`. Time in which this process itself
 * stood still (suspended, stopped) does not count.
 */
export function startProgressWatchdog(options: {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly onSilent: (ids: ReadonlySet<string>) => void;
}): ProgressWatchdog {
  const { clock, timeoutMs, onSilent } = options;
  const lastProgressMs = new Map<string, number>();
  const tickMs = Math.min(1000, Math.max(20, timeoutMs / 10));
  let lastTickMs = clock.monotonicMs();
  let timer: NodeJS.Timeout | undefined;

  const tick = (): void => {
    const nowMs = clock.monotonicMs();
    const lostMs = nowMs - lastTickMs - tickMs;
    lastTickMs = nowMs;
    if (lostMs > tickMs + 500) {
      for (const [id, ms] of lastProgressMs) lastProgressMs.set(id, ms + lostMs);
      return;
    }
    // A late timer runs before what has come in meanwhile is read; frames that wait in a pipe are heard first.
    if (silentIds().size > 0) setImmediate(judge);
  };

  const judge = (): void => {
    const silent = silentIds();
    if (silent.size === 0) return;
    stop();
    onSilent(silent);
  };

  function silentIds(): Set<string> {
    const nowMs = clock.monotonicMs();
    return new Set([...lastProgressMs].filter(([, ms]) => nowMs - ms >= timeoutMs).map(([id]) => id));
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
    lastProgressMs.clear();
  }

  return {
    progress(id) {
      lastProgressMs.set(id, clock.monotonicMs());
      if (timer !== undefined) return;
      lastTickMs = clock.monotonicMs();
      timer = setInterval(tick, tickMs);
      timer.unref();
    },
    forget(id) {
      lastProgressMs.delete(id);
      if (lastProgressMs.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
    stop,
  };
}
