// A signal for work that may take only so long. Node 20 lets go of an AbortSignal.timeout of which only an AbortSignal.any knows,
// and that never fires after the next garbage collection; this one is held by its timer.

export interface Deadline extends Disposable {
  /** Aborted as the given one is, or with a TimeoutError. */
  readonly signal: AbortSignal;
}

/** Dispose of it when the work is over. */
export function withDeadline(given: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController();
  const follow = (): void => controller.abort(given.reason);
  const timer = setTimeout(
    () => controller.abort(new DOMException(`over ${timeoutMs / 1000} s`, 'TimeoutError')),
    timeoutMs,
  );
  if (given.aborted) follow();
  else given.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      given.removeEventListener('abort', follow);
    },
  };
}
