// What a generation needs to go on in another worker: the tokens already delivered, and how often it was struck.
import {
  type EmitServerEvent,
  type GenerationEnd,
  type GenerationEvent,
  ServerError,
  shuttingDown,
  type WorkerExitReason,
} from '../core/index.ts';
import type { WorkerLost } from '../workers/index.ts';

/** A generation that was in flight at this many crashes is suspected of causing them. */
const crashesAllowed = 1;

export interface Recovery {
  /** Token ids that reached the client, or wait with it as held-back text. */
  readonly delivered: readonly number[];
  /** Whether a worker has ended under this generation. */
  readonly lostBefore: boolean;
  /** The sequence was stopped by the server, to go on later. */
  stalled(): void;
  /** The sequence has left its worker where it was asked to, to come back. */
  broke(end: GenerationEnd): void;
  /** Takes note of an event, and returns it as the client sees it: once, and of all workers together. */
  accept(event: GenerationEvent): GenerationEvent | undefined;
  /** The worker is gone. Returns if the generation may go on, else throws. Who was paused is not suspected of a crash. */
  lost(error: WorkerLost, was: 'running' | 'paused'): void;
}

export function createRecovery(about: { requestId: string; model: string; emit: EmitServerEvent }): Recovery {
  const delivered: number[] = [];
  let crashes = 0;
  let lost = false;
  let resumed = false;
  let promptTold = false;
  let cachedTokens: number | undefined;
  let prefillMs = 0;
  let decodeMs = 0;
  let untoldLoss: WorkerExitReason | undefined;
  /** A later worker finds in its cache what an earlier one computed for this very answer: the first one's word counts. */
  const whole = (end: GenerationEnd): GenerationEnd => ({
    ...end,
    usage: { ...end.usage, cachedTokens: cachedTokens ?? end.usage.cachedTokens },
    timings: { prefillMs: end.timings.prefillMs + prefillMs, decodeMs: end.timings.decodeMs + decodeMs },
  });
  /** Recovered is who hears of a new worker, not who has only lost the old one. */
  const tellRecovery = (): void => {
    if (untoldLoss === undefined) return;
    const { requestId, model, emit } = about;
    emit({ type: 'generation-recovered', requestId, model, tokens: delivered.length, reason: untoldLoss });
    untoldLoss = undefined;
  };
  return {
    delivered,
    get lostBefore() {
      return lost;
    },
    stalled() {
      resumed = true;
    },
    broke({ timings }) {
      tellRecovery();
      resumed = true;
      prefillMs += timings.prefillMs;
      decodeMs += timings.decodeMs;
    },
    accept(event) {
      tellRecovery();
      switch (event.type) {
        case 'token-delta':
          delivered.push(...event.tokenIds);
          return event;
        case 'prefill-progress':
          if (delivered.length === 0) cachedTokens = event.cached;
          return resumed ? undefined : event;
        case 'prompt-logprobs':
          if (promptTold) return undefined;
          promptTold = true;
          return event;
        case 'end':
          return whole(event);
        default:
          return event;
      }
    },
    lost({ reason, message }, was) {
      if (reason === 'server_exit') throw shuttingDown();
      if (reason === 'crashed' && was === 'running') crashes += 1;
      if (crashes > crashesAllowed) {
        const text = `The worker of ${about.model} crashed twice while it ran this request.`;
        throw new ServerError('worker_crashed', text, { cause: message });
      }
      lost = true;
      resumed = true;
      untoldLoss = reason;
    },
  };
}
