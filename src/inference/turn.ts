// One waiter's turn: it comes, or the waiter goes out of the queue. The first outcome counts, also one that is there before
// anybody waits for it.

export interface Turn {
  come(): void;
  /** It will not come. */
  fail(error: unknown): void;
  /** Resolves when it comes. Once `signal` aborts before that, rejects with what `giveUp` returns. */
  wait(signal: AbortSignal, giveUp: () => unknown): Promise<void>;
}

export function createTurn(): Turn {
  let outcome: { readonly error?: unknown } | undefined;
  let wake = (): void => {};
  const settle = (settled: { readonly error?: unknown }): void => {
    outcome ??= settled;
    wake();
  };
  return {
    come: () => settle({}),
    fail: (error) => settle({ error }),
    async wait(signal, giveUp) {
      const left = (): void => {
        if (outcome === undefined) settle({ error: giveUp() });
      };
      if (signal.aborted) left();
      if (outcome === undefined) {
        signal.addEventListener('abort', left, { once: true });
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        signal.removeEventListener('abort', left);
      }
      if (outcome !== undefined && 'error' in outcome) throw outcome.error;
    },
  };
}
