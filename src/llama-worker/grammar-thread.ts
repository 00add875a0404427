// Compiles grammars one after another in a thread of its own, so that no running answer waits for one; a compile that takes
// too long or too much memory ends with its thread, and the next one gets a new thread.
import { Worker } from 'node:worker_threads';
import type { Constraint } from '../core/index.ts';
import type { Program } from './grammar/compile-grammar.ts';
import { refusal } from './grammar/refusal.ts';

export type CompileOutcome =
  | { readonly kind: 'program'; readonly program: Program }
  | { readonly kind: 'refused'; readonly message: string; readonly param: string | null };

export interface GrammarThread {
  /** Rejects with a ServerError for what cannot be held to, and what takes too long to find out. */
  readonly compile: (constraint: Constraint) => Promise<Program>;
}

const longestMs = 2000;
/** To start the thread may take long on a machine that is busy; that is not the form's doing. */
const startLimitMs = 60_000;
const memoryMb = 256;

const startWorker = (): Worker =>
  new Worker(new URL('./grammar-main.js', import.meta.url), {
    env: {},
    stdin: false,
    stdout: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });

export function createGrammarThread({ start = startWorker, limitMs = longestMs } = {}): GrammarThread {
  let worker: Promise<Worker> | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const started = async (): Promise<Worker> => {
    const thread = start();
    // One that ends between two compiles is started again; what it died of is no compile's fault.
    thread.on('error', () => {});
    thread.once('exit', () => {
      worker = null;
    });
    // It says so when it can begin.
    await within(thread, startLimitMs, (settle) => thread.once('message', settle));
    thread.unref();
    return thread;
  };
  const compile = async (constraint: Constraint): Promise<Program> => {
    worker ??= started();
    const thread = await worker;
    const outcome = await within<CompileOutcome>(thread, limitMs, (settle) => {
      thread.once('message', settle);
      thread.postMessage(constraint);
    });
    if (outcome.kind === 'refused') throw refusal(outcome.message, outcome.param ?? undefined);
    return outcome.program;
  };
  return {
    compile: (constraint) => {
      const done = last.then(() => compile(constraint));
      last = done.catch(() => undefined);
      return done;
    },
  };
}

/** What `begin` settles with. Rejects once the thread has ended, by itself or because it took too long. */
function within<T>(thread: Worker, limitMs: number, begin: (settle: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let cause: Error = new Error('the thread that compiles grammars ended');
    const timer = setTimeout(() => {
      cause = refusal(`This form took longer than ${limitMs / 1000} s to compile.`);
      void thread.terminate();
    }, limitMs);
    const onError = (error: Error): void => {
      const isMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      cause = isMemory ? refusal(`This form takes more than ${memoryMb} MB to compile.`) : error;
    };
    const onExit = (): void => {
      clearTimeout(timer);
      reject(cause);
    };
    thread.once('error', onError).once('exit', onExit);
    begin((value) => {
      clearTimeout(timer);
      thread.off('error', onError).off('exit', onExit);
      resolve(value);
    });
  });
}
