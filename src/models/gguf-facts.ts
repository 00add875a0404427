// The header of a GGUF file as a map of names to values, without its lists: a vocabulary holds 100,000 entries and more, so it is
// read on a thread of its own, in bounded time and memory. Reads no weights.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ServerError } from '../core/index.ts';
import type { Model } from './model.ts';

const limitMs = 20_000;
const limitMegabytes = 1024;

/** As text, because no loader of TypeScript reaches into a thread. */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
import(workerData.library)
  .then(({ gguf }) => gguf(workerData.path, { allowLocalFile: true }))
  .then(({ metadata }) => {
    const facts = Object.entries(metadata).filter(([, value]) => typeof value !== 'object');
    parentPort.postMessage(Object.fromEntries(facts));
  });`;

/** @throws ServerError `model_unsupported` for a file that cannot be read as what it claims to be. */
export async function readGgufFacts({ id, path }: Model): Promise<Readonly<Record<string, unknown>>> {
  const library = pathToFileURL(createRequire(import.meta.url).resolve('@huggingface/gguf')).href;
  const thread = new Worker(program, {
    eval: true,
    env: {},
    workerData: { library, path },
    resourceLimits: { maxOldGenerationSizeMb: limitMegabytes },
  });
  const timer = setTimeout(() => void thread.terminate(), limitMs);
  try {
    return await new Promise((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', () => reject(new Error('its header takes too long to read')));
    });
  } catch (cause) {
    throw new ServerError('model_unsupported', `The GGUF header of ${id} cannot be read.`, { param: 'model', cause });
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}
