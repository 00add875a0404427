// Lets so many in at a time; the rest wait in order, and leave the line when their signal aborts.

export interface Turnstile {
  /** Resolves with what gives the place back, to be called once. Rejects with `signal.reason`. */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function createTurnstile(places: number): Turnstile {
  const line = new Set<() => void>();
  let free = places;
  const leave = (): void => {
    free += 1;
    const [next] = line;
    next?.();
  };
  const take = (): (() => void) => {
    free -= 1;
    return leave;
  };
  return {
    async enter(signal) {
      signal.throwIfAborted();
      if (free > 0 && line.size === 0) return take();
      return new Promise((resolve, reject) => {
        const settle = (outcome: () => void): void => {
          line.delete(onTurn);
          signal.removeEventListener('abort', onAbort);
          outcome();
        };
        const onTurn = (): void => settle(() => resolve(take()));
        const onAbort = (): void => settle(() => reject(signal.reason));
        line.add(onTurn);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}
