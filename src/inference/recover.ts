// What a generation needs to go on in another worker: the tokens already delivered, and how often it was struck.
import {
  type EmitServerEvent,
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
  /** Takes note of an event; false when the client must not see it again. */
  accept(event: GenerationEvent): boolean;
  /** The worker is gone. Returns if the generation may go on, else throws. Who was paused is not suspected of a crash. */
  lost(error: WorkerLost, was: 'running' | 'paused'): void;
}

export function createRecovery(about: { requestId: string; model: string; emit: EmitServerEvent }): Recovery {
  const delivered: number[] = [];
  let crashes = 0;
  let lost = false;
  let resumed = false;
  let promptTold = false;
  let untoldLoss: WorkerExitReason | undefined;
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
    accept(event) {
      tellRecovery();
      if (event.type === 'token-delta') delivered.push(...event.tokenIds);
      if (event.type !== 'prompt-logprobs') return !(resumed && event.type === 'prefill-progress');
      const isNew = !promptTold;
      promptTold = true;
      return isNew;
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
