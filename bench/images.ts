// What do the largest images that are accepted cost before a model sees them?
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { probe } from './harness/health-probe.ts';
import { type ImageKind, imageFiles } from './harness/image-files.ts';
import type { PrepareReply } from './harness/images-process.ts';
import { harnessProgram } from './harness/paths.ts';
import { familyBytes } from './harness/process-facts.ts';
import { type Question, withinLimit } from './harness/question.ts';
import { startServer } from './harness/server.ts';
import { median, percentile } from './harness/statistics.ts';

async function prepare(child: ChildProcess, files: readonly string[]): Promise<PrepareReply> {
  const reply = once(child, 'message');
  child.send(files);
  return (await reply)[0] as PrepareReply;
}

const sampleEveryMs = 10;

interface Cost {
  readonly coldMs: number;
  readonly warmMs: number;
  readonly repeatedMs: number;
  readonly repeatedHits: number;
  readonly peakBytes: number;
}

/** In a fresh process: five images and the start of the decode processes, the same again, five others. */
async function costOf(files: readonly string[], warmFiles: readonly string[]): Promise<Cost> {
  const child = fork(harnessProgram('images-process'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(child, 'spawn');
  await prepare(child, []);
  const idleBytes = familyBytes(child.pid!);
  let peakBytes = 0;
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, familyBytes(child.pid!) - idleBytes);
  }, sampleEveryMs);
  const cold = await prepare(child, files);
  const repeated = await prepare(child, files);
  clearInterval(sampler);
  const warm = await prepare(child, warmFiles);
  child.disconnect();
  await once(child, 'exit');
  return {
    coldMs: cold.milliseconds,
    warmMs: warm.milliseconds,
    repeatedMs: repeated.milliseconds,
    repeatedHits: repeated.cacheHits,
    peakBytes,
  };
}

/** Milliseconds of GET /health while a request with all of `files` is read, decoded and answered by the vision model. */
async function healthBeside(files: readonly string[]): Promise<readonly number[]> {
  await using server = await startServer({ env: { VISION_MAX_DIMENSION: '1024' } });
  const ask = async (content: unknown): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'starter/shapes-vlm', max_tokens: 4, messages: [{ role: 'user', content }] }),
    });
    if (!response.ok) throw new Error(await response.text());
  };
  await ask('hello'); // Loads the model.
  const parts = files.map((file) => {
    const url = `data:image/png;base64,${readFileSync(file, 'base64')}`;
    return { type: 'image_url', image_url: { url } };
  });
  let answered = false;
  const asked = ask(parts).finally(() => {
    answered = true;
  });
  const values = await probe(server.port, () => answered);
  await asked;
  return values;
}

export const images: Question = {
  name: 'images',
  explanation:
    'Five images of 10 MB of noise (JPEG 4096 × 3072, PNG 1800 × 1800), from the file to pixels of 1024 at the longer ' +
    'side: cold with the start of the decode processes, warm without. Memory: the most that server and decode processes ' +
    `held together (proportional set size, every ${sampleEveryMs} ms), less the server at rest. Repeated: the same ` +
    'five again, which must all come from the cache. Last, GET /health beside one request with the five as data URIs.',
  async *ask({ rounds }) {
    const files: Record<ImageKind, readonly string[]> = {
      jpeg: await imageFiles('jpeg'),
      png: await imageFiles('png'),
    };
    for (const kind of ['jpeg', 'png'] as const) {
      const other = kind === 'jpeg' ? 'png' : 'jpeg';
      const costs: Cost[] = [];
      const warm: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        costs.push(await costOf(files[kind], files[other]));
        warm.push((await costOf(files[other], files[kind])).warmMs);
      }
      const middle = (of: (cost: Cost) => number): number => median(costs.map(of));
      const name = `5 × 10 MB ${kind}`;
      const [coldMs, repeatedMs] = [middle((cost) => cost.coldMs), middle((cost) => cost.repeatedMs)];
      const peakMegabytes = middle((cost) => cost.peakBytes) / 1e6;
      yield withinLimit(1500, { name: `${name}, cold`, measured: coldMs, unit: 'ms' });
      yield withinLimit(1500, { name: `${name}, warm`, measured: median(warm), unit: 'ms' });
      yield withinLimit(300, { name: `${name}, peak memory above rest`, measured: peakMegabytes, unit: 'MB' });
      const hits = Math.min(...costs.map(({ repeatedHits }) => repeatedHits));
      const again = `${name}, repeated: ${hits} of 5 from the cache`;
      yield {
        ...withinLimit(1500, { name: again, measured: repeatedMs, unit: 'ms' }),
        target: '5 hits',
        pass: hits === 5,
      };
      const beside = percentile(await healthBeside(files[kind]), 0.99);
      yield withinLimit(200, { name: `/health beside a request with ${name}, p99`, measured: beside, unit: 'ms' });
    }
  },
};
