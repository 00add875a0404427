// Compiles grammars one after another in a thread of its own, so that no running answer waits for one; a compile that takes
// too long or too much memory ends with its thread, and the next one gets a new thread.
import { Worker } from 'node:worker_threads';
import type { Constraint } from '../core/index.ts';
import type { Program } from './grammar/compile-grammar.ts';
import { refusal } from './grammar/refusal.ts';

export type CompileOutcome =
  | { readonly kind: 'program'; readonly program: Program }
  | { readonly kind: 'refused'; readonly message: string };

export interface GrammarThread {
  /** Rejects with a ServerError for what cannot be held to, and what takes too long to find out. */
  readonly compile: (constraint: Constraint) => Promise<Program>;
}

const limitMs = 2000;
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

export function createGrammarThread(start: () => Worker = startWorker): GrammarThread {
  let worker: Promise<Worker> | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const started = async (): Promise<Worker> => {
    const thread = start();
    thread.once('exit', () => {
      worker = null;
    });
    await within(thread, startLimitMs, (settle) => thread.once('online', settle));
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
    if (outcome.kind === 'refused') throw refusal(outcome.message);
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

/** What `begin` settles with. A thread that ends before, or is ended because it took too long, is a refusal. */
function within<T>(thread: Worker, ms: number, begin: (settle: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(refusal(`This form took longer than ${limitMs / 1000} s to compile.`));
      void thread.terminate();
    }, ms);
    const onError = (error: Error): void => {
      const isMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      reject(isMemory ? refusal(`This form takes more than ${memoryMb} MB to compile.`) : error);
    };
    const onExit = (): void => reject(new Error('the thread that compiles grammars ended'));
    thread.once('error', onError).once('exit', onExit);
    begin((value) => {
      clearTimeout(timer);
      thread.off('error', onError).off('exit', onExit);
      resolve(value);
    });
  });
}
