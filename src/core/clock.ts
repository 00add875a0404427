// Time as a parameter, so that what waits can be tested without waiting.

export interface Clock {
  /** Milliseconds that only ever grow; for durations. */
  monotonicMs(): number;
  /** Milliseconds since 1970; for stamps that people read. */
  wallMs(): number;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};
