// The decode processes: started when there is work, kept while there may be more, replaced when one is lost.
import { type DecodedImage, ServerError, shuttingDown } from '../core/index.ts';
import type { DecodeOrder } from './decode-frame.ts';
import {
  type Decoded,
  DecoderLost,
  type DecoderProcess,
  type DecoderProcessOptions,
  startDecoder,
} from './decoder-process.ts';
import { refused, tooManyPixels } from './image-problem.ts';
import { createTurnstile } from './turnstile.ts';

export interface DecodePoolOptions extends DecoderProcessOptions {
  /** Processes at the most, and so images that are decoded at a time. */
  readonly size: number;
  /** How long a process without work is kept. */
  readonly idleMs: number;
}

export interface DecodePool {
  /** Rejects with ImageProblem, with ServerError `internal` where nothing can be decoded, or with `signal.reason`. */
  decode(order: DecodeOrder, file: Uint8Array, signal: AbortSignal): Promise<DecodedImage>;
  /** Of the processes that live. */
  readonly pids: readonly number[];
  close(): Promise<void>;
}

/** A process may be killed by somebody else; a file that loses two is at fault itself. */
const attempts = 2;

export function createDecodePool(options: DecodePoolOptions): DecodePool {
  const turnstile = createTurnstile(options.size);
  const living = new Set<DecoderProcess>();
  const idle = new Map<DecoderProcess, NodeJS.Timeout>();
  let closed = false;

  const take = (): DecoderProcess => {
    const [kept] = idle.keys();
    if (kept !== undefined) {
      clearTimeout(idle.get(kept));
      idle.delete(kept);
      return kept;
    }
    const started = startDecoder(options);
    living.add(started);
    void started.exited.then(() => {
      clearTimeout(idle.get(started));
      idle.delete(started);
      living.delete(started);
    });
    return started;
  };
  const keep = (process: DecoderProcess): void => {
    idle.set(process, setTimeout(() => process.end(), options.idleMs).unref());
  };
  const run = async (order: DecodeOrder, file: Uint8Array): Promise<DecodedImage> => {
    for (let attempt = 1; ; attempt += 1) {
      if (closed) throw shuttingDown();
      const process = take();
      try {
        const decoded = await process.decode(order, file);
        keep(process);
        return imageOf(decoded);
      } catch (error) {
        if (!(error instanceof DecoderLost)) throw error;
        if (error.reason !== 'crashed' || attempt === attempts) throw wordsOf(error, options.decodeTimeoutMs);
      }
    }
  };

  return {
    async decode(order, file, signal) {
      const leave = await turnstile.enter(signal);
      return unlessAborted(run(order, file).finally(leave), signal);
    },
    get pids() {
      return [...living].map(({ pid }) => pid);
    },
    async close() {
      closed = true;
      const ending = [...living];
      for (const process of ending) process.end();
      await Promise.all(ending.map(({ exited }) => exited));
    },
  };
}

function imageOf({ answer, pixels }: Decoded): DecodedImage {
  switch (answer.type) {
    case 'decoded':
      return { width: answer.width, height: answer.height, pixels };
    case 'too-many-pixels':
      throw tooManyPixels();
    case 'broken':
      throw refused('is broken or incomplete', answer.detail);
    case 'ready':
      throw new ServerError('internal', 'A decode process answered out of turn.');
  }
}

function wordsOf(error: DecoderLost, decodeTimeoutMs: number): Error {
  switch (error.reason) {
    case 'timeout':
      return refused(`could not be decoded within ${decodeTimeoutMs / 1000} s`, error);
    case 'crashed':
      return refused('could not be decoded', error);
    case 'start':
      return new ServerError('internal', 'Images cannot be decoded just now. The log says why.', { cause: error });
  }
}

/** The caller leaves at once; the work goes on to its own end, and keeps its place until then. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
