// Whether one generation may be in a batch just now. The scheduler closes and opens it; the journey waits at it before each
// worker; the sequence in a worker is paused and continued through it.

/** A sequence in a worker. */
interface Pausable {
  /** Asks the worker to take it out of its batch. */
  pause(): void;
  continue(): void;
}

export interface PauseGate {
  /** The generation has to leave the batch; `onPaused` follows, at once where it is in none. */
  pause(): void;
  /** It has a slot again. */
  resume(): void;
  /** It has left the batch, and holds no slot. */
  readonly isPaused: boolean;
  /** Resolves while the generation holds a slot. Rejects with the reason of `signal`. */
  passed(signal: AbortSignal): Promise<void>;
  /** The sequence is in a worker now, until the function returned is called. Only while not paused. */
  enter(sequence: Pausable): () => void;
  /** The worker has taken the sequence out of its batch. */
  left(): void;
}

export function createPauseGate(onPaused: () => void): PauseGate {
  let state: 'open' | 'closing' | 'closed' = 'open';
  let sequence: Pausable | undefined;
  let wake = (): void => {};

  const left = (): void => {
    if (state !== 'closing') return;
    state = 'closed';
    onPaused();
  };
  return {
    pause() {
      state = 'closing';
      if (sequence === undefined) left();
      else sequence.pause();
    },
    resume() {
      state = 'open';
      sequence?.continue();
      wake();
    },
    get isPaused() {
      return state === 'closed';
    },
    async passed(signal) {
      left(); // The sequence that was to be paused is gone with its worker.
      if (state === 'open') return;
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => reject(signal.reason as Error);
        wake = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        signal.addEventListener('abort', leave, { once: true });
        if (signal.aborted) leave();
      });
    },
    enter(entered) {
      sequence = entered;
      return () => {
        sequence = undefined;
      };
    },
    left,
  };
}
