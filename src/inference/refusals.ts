// What a request hears that the fleet does not take: each says when to come again.
import { ServerError } from '../core/index.ts';

export const queueFull = (waiting: number, retryAfterSeconds: number): ServerError =>
  new ServerError('queue_full', `The queue is full: ${waiting} requests are waiting.`, { retryAfterSeconds });

export const queueTimeout = (seconds: number, retryAfterSeconds: number): ServerError =>
  new ServerError('queue_timeout', `No slot became free within ${seconds} s.`, { retryAfterSeconds });

/** `reason`; where it is a queue_timeout that the client set itself, with the same advice as one of ours. */
export const withRetryAfter = (reason: unknown, retryAfterSeconds: () => number): unknown =>
  reason instanceof ServerError && reason.code === 'queue_timeout'
    ? new ServerError(reason.code, reason.message, { retryAfterSeconds: retryAfterSeconds() })
    : reason;

export function insufficientMemory(about: {
  readonly model: string;
  readonly needBytes: number;
  readonly availableBytes: number;
}): ServerError {
  const gigabytes = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);
  const { model, needBytes, availableBytes } = about;
  const text = `${model} needs about ${gigabytes(needBytes)} GB; ${gigabytes(availableBytes)} GB of the memory budget can be had now.`;
  return new ServerError('insufficient_memory', text, { retryAfterSeconds: 10 });
}

export const writesNothing = (model: string): ServerError =>
  new ServerError('model_unsupported', `${model} is an embedding model and writes no text; ask /v1/embeddings.`, {
    param: 'model',
  });
