// One Generation on one worker: frames in, events out, cancelled when the reader leaves.
import { type GenerationEvent, ServerError } from '../core/index.ts';
import { type LoadedWorker, WorkerLost } from '../workers/index.ts';
import type { PauseGate } from './pause-gate.ts';
import { createSequenceQueue } from './sequence-queue.ts';

export type SequenceRequest = Parameters<LoadedWorker['worker']['run']>[0];

/** The sequence was stopped because too much of it waits to be read; what waited was read since, and it may go on. */
export class ReaderBehind extends Error {
  constructor() {
    super('the reader is behind');
  }
}

export interface RunOptions {
  readonly gate: PauseGate;
  readonly signal: AbortSignal;
  /** What may wait for the reader. */
  readonly maxWaitingBytes: number;
}

/**
 * Yields the worker's events up to the end. Throws ServerError for a refusal, WorkerLost, WorkerTimeoutError or
 * ReaderBehind. A worker that sends more tokens than it was asked for is not to be trusted with any: it is replaced, and
 * no answer is endless.
 */
export async function* runSequence(
  { worker, ready }: LoadedWorker,
  request: SequenceRequest,
  { gate, signal, maxWaitingBytes }: RunOptions,
): AsyncGenerator<GenerationEvent, void, undefined> {
  let tokensLeft = (request.maxTokens ?? ready.contextLength) - request.resume.length;
  const queue = createSequenceQueue({ maxBytes: maxWaitingBytes });
  const run = worker.run(request, {
    onEvent: (event) => {
      if (queue.push(event)) return;
      run.cancel();
      queue.fail(new ReaderBehind());
    },
    onError: ({ code, message, param }) => {
      const known = code === 'load_failed' ? 'internal' : code;
      queue.fail(new ServerError(known, message, param === null ? {} : { param }));
    },
    onLost: (error) => queue.fail(error),
    onPaused: () => gate.left(),
  });
  const gone = gate.enter(run);
  const leave = (): void => {
    run.cancel();
    queue.fail(signal.reason);
  };
  signal.addEventListener('abort', leave, { once: true });
  try {
    signal.throwIfAborted();
    for (;;) {
      const event = await queue.next();
      if (event.type === 'token-delta') tokensLeft -= event.tokenIds.length;
      if (tokensLeft < 0) throw await endlessWorker(worker);
      yield event;
      if (event.type === 'end') return;
    }
  } finally {
    signal.removeEventListener('abort', leave);
    gone();
    run.cancel(); // Of no effect after the end.
  }
}

async function endlessWorker(worker: LoadedWorker['worker']): Promise<WorkerLost> {
  return new WorkerLost(await worker.kill('crashed', 'it sent more tokens than it was asked for'));
}
