// The headers of weight files, read on a thread of its own in bounded time and memory: they are large, and may be made to harm.
import { Worker } from 'node:worker_threads';
import { headerProgram, headerProgramData } from './header-program.ts';
import type { WeightHeader } from './weight-header.ts';

/** One header for each path. Never fails. */
export type ReadHeaders = (paths: readonly string[]) => Promise<readonly WeightHeader[]>;

/** For all files of one call. */
const limitMs = 20_000;
const limitMegabytes = 1024;
/** A list asks for one model after another: a thread and its library are started once for all of them. */
const lingerMs = 1000;

/** Starts a thread when it is asked, and another after one that came to harm; without work for a while it has none. */
export function createHeaderThread(): ReadHeaders {
  let thread: Worker | undefined;
  let linger: NodeJS.Timeout | undefined;
  let line: Promise<unknown> = Promise.resolve();

  const forget = (one: Worker): void => {
    if (thread === one) thread = undefined;
  };
  const start = (): Worker => {
    const started = new Worker(headerProgram, {
      eval: true,
      env: {},
      workerData: headerProgramData(),
      resourceLimits: { maxOldGenerationSizeMb: limitMegabytes },
    });
    started.on('error', () => {}); // Who asked hears of it; without anybody it has come to nothing.
    started.once('exit', () => forget(started));
    return started;
  };
  const ask: ReadHeaders = async (paths) => {
    clearTimeout(linger);
    thread ??= start();
    const asked = thread;
    asked.ref();
    const headers = await answersOf(asked, paths);
    asked.unref();
    linger = setTimeout(() => {
      forget(asked);
      void asked.terminate();
    }, lingerMs).unref();
    return headers;
  };
  return (paths) => {
    if (paths.length === 0) return Promise.resolve([]);
    const next = line.then(() => ask(paths));
    line = next;
    return next;
  };
}

async function answersOf(thread: Worker, paths: readonly string[]): Promise<readonly WeightHeader[]> {
  const headers: WeightHeader[] = [];
  let code: string | undefined;
  const timer = setTimeout(() => void thread.terminate(), limitMs);
  let resolve = (): void => {};
  const ended = new Promise<void>((end) => {
    resolve = end;
  });
  const onMessage = (header: WeightHeader): void => {
    if (headers.push(header) === paths.length) resolve();
  };
  const onError = (error: NodeJS.ErrnoException): void => {
    ({ code } = error);
  };
  const onExit = (): void => resolve();
  thread.on('message', onMessage).on('error', onError).on('exit', onExit);
  thread.postMessage(paths);
  await ended;
  thread.off('message', onMessage).off('error', onError).off('exit', onExit);
  clearTimeout(timer);
  return paths.map((_, place) => headers[place] ?? { kind: 'unreadable', ...(code === undefined ? {} : { code }) });
}

/** On a thread that nobody else uses. */
export const readWeightHeaders: ReadHeaders = (paths) => createHeaderThread()(paths);
