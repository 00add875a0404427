// One Generation on one worker: frames in, events out, cancelled when the reader leaves.
import { type GenerationEvent, ServerError } from '../core/index.ts';
import type { LoadedWorker } from '../workers/index.ts';
import { createEventQueue } from './event-queue.ts';

export type SequenceRequest = Parameters<LoadedWorker['worker']['run']>[0];

/** Yields the worker's events up to the end. Throws ServerError for a refusal, WorkerLost or WorkerTimeoutError. */
export async function* runSequence(
  { worker }: LoadedWorker,
  request: SequenceRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent, void, undefined> {
  const queue = createEventQueue<GenerationEvent>();
  const run = worker.run(request, {
    onEvent: (event) => queue.push(event),
    onError: ({ code, message, param }) => {
      const known = code === 'load_failed' ? 'internal' : code;
      queue.fail(new ServerError(known, message, param === null ? {} : { param }));
    },
    onLost: (error) => queue.fail(error),
  });
  const leave = (): void => {
    run.cancel();
    queue.fail(signal.reason);
  };
  signal.addEventListener('abort', leave, { once: true });
  try {
    signal.throwIfAborted();
    for (;;) {
      const event = await queue.next();
      yield event;
      if (event.type === 'end') return;
    }
  } finally {
    signal.removeEventListener('abort', leave);
    run.cancel(); // Of no effect after the end.
  }
}
