// Decoding and parsing of large bodies on a thread of its own: the event loop only takes over the value.
import { Worker } from 'node:worker_threads';

/** A body on its way; its bytes are copied as they come. */
export interface JsonJob {
  add(bytes: Uint8Array): void;
  /** The value. Rejects with a SyntaxError or, for bytes that are no UTF-8, a TypeError. */
  end(): Promise<unknown>;
  drop(): void;
}

export interface JsonThread {
  begin(): JsonJob;
  close(): Promise<void>;
}

/** As text, because no loader of TypeScript reaches into a thread. It knows two of the language's own functions. */
const program = `
const { parentPort } = require('node:worker_threads');
const jobs = new Map();
const newJob = () => ({ decoder: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }), text: '', error: null });
parentPort.on('message', ({ id, type, bytes }) => {
  const job = jobs.get(id) ?? newJob();
  jobs.set(id, job);
  try {
    if (type === 'add' && job.error === null) job.text += job.decoder.decode(bytes, { stream: true });
    if (type === 'end' && job.error === null) job.text += job.decoder.decode();
  } catch (error) {
    job.error = error;
    job.text = '';
  }
  if (type === 'add') return;
  jobs.delete(id);
  if (type === 'drop') return;
  try {
    if (job.error !== null) throw job.error;
    parentPort.postMessage({ id, value: JSON.parse(job.text) });
  } catch (error) {
    parentPort.postMessage({ id, error });
  }
});`;

interface Outcome {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: Error;
}

/** The thread starts with the first body, and again with the next one if it ended. */
export function createJsonThread(): JsonThread {
  let worker: Worker | undefined;
  let lastId = 0;
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();

  function started(): Worker {
    if (worker !== undefined) return worker;
    const started = new Worker(program, { eval: true, env: {}, stdin: false });
    started.unref();
    started.on('message', ({ id, value, error }: Outcome) => {
      const job = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) job?.resolve(value);
      else job?.reject(error);
    });
    started.on('error', () => {});
    started.once('exit', () => {
      worker = undefined;
      for (const { reject } of waiting.values()) reject(new Error('the thread for large bodies ended'));
      waiting.clear();
    });
    worker = started;
    return started;
  }

  return {
    begin() {
      const thread = started();
      lastId += 1;
      const id = lastId;
      return {
        add: (bytes) => thread.postMessage({ id, type: 'add', bytes }),
        end: () =>
          new Promise((resolve, reject) => {
            if (worker !== thread) {
              reject(new Error('the thread for large bodies ended'));
              return;
            }
            waiting.set(id, { resolve, reject });
            thread.postMessage({ id, type: 'end' });
          }),
        drop: () => thread.postMessage({ id, type: 'drop' }),
      };
    },
    async close() {
      await worker?.terminate();
    },
  };
}
