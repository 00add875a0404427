// What a request hears that the fleet does not take: each says when to come again.
import { ServerError } from '../core/index.ts';

export const shuttingDown = (): ServerError =>
  new ServerError('shutting_down', 'The server is shutting down.', { retryAfterSeconds: 10 });

export const queueFull = (waiting: number): ServerError =>
  new ServerError('queue_full', `The queue is full: ${waiting} requests are waiting.`, { retryAfterSeconds: 1 });

export const queueTimeout = (seconds: number): ServerError =>
  new ServerError('queue_timeout', `No slot became free within ${seconds} s.`, { retryAfterSeconds: 5 });

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
