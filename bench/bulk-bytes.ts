// Five pictures of 10 MB on their way into a Python worker: by shared block, by the same frames through the pipe, and as base64.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { drawBlockNames, type FromWorker, type Generate, openServerChannel } from '../src/ipc/index.ts';
import { paths } from './harness/paths.ts';
import { atMost, type Question } from './harness/question.ts';
import { median } from './harness/statistics.ts';

const pictures = 5;
const width = 2048;
const height = 1707; // 2048 × 1707 × 3 bytes: 10.0 MiB.

interface Sink extends AsyncDisposable {
  /** Sends the pictures; resolves once the far end has them whole. */
  send(images: readonly Uint8Array[]): Promise<void>;
}

function spawnSink(mode: string): { child: ChildProcess; ended: Promise<void> } {
  const child = spawn(paths.python, ['-m', 'bench_models.bulk_sink', mode], {
    env: { ...process.env, PYTHONPATH: paths.pythonSources },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return { child, ended: new Promise((resolve) => child.once('exit', () => resolve())) };
}

async function startFrameSink(useBlocks: boolean): Promise<Sink> {
  const { child, ended } = spawnSink('frames');
  let answered: (bytes: number) => void = () => {};
  const answer = (): Promise<number> => new Promise((resolve) => (answered = resolve));
  const ready = answer();
  const channel = openServerChannel({
    input: child.stdout!,
    output: child.stdin!,
    handlers: {
      onMessage: (message: FromWorker) => message.type === 'pong' && answered(message.nonce),
      onClose: () => {},
      onBlockFailure: (error) => {
        throw error;
      },
    },
  });
  if (useBlocks) channel.useBlocks(drawBlockNames());
  await ready;
  return {
    async send(images) {
      const arrived = answer();
      channel.send(orderOf(images));
      checkBytes(await arrived, images);
    },
    async [Symbol.asyncDispose]() {
      child.stdin!.end();
      await ended;
    },
  };
}

async function startBase64Sink(): Promise<Sink> {
  const { child, ended } = spawnSink('base64');
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  await lines.next();
  return {
    async send(images) {
      const encoded = images.map((image) => Buffer.from(image.buffer).toString('base64'));
      child.stdin!.write(`${JSON.stringify({ images: encoded })}\n`);
      checkBytes(Number((await lines.next()).value), images);
    },
    async [Symbol.asyncDispose]() {
      child.stdin!.end();
      await ended;
    },
  };
}

const orderOf = (images: readonly Uint8Array[]): { type: 'generate' } & Omit<Generate, 'type'> => ({
  type: 'generate',
  id: 'bulk',
  input: {
    kind: 'chat',
    messages: [{ role: 'user', content: images.map((pixels) => ({ type: 'image', width, height, pixels })) }],
  },
  sampling: {
    temperature: 0,
    topP: 1,
    topK: 0,
    minP: 0,
    seed: 0,
    repetitionPenalty: 1,
    presencePenalty: 0,
    frequencyPenalty: 0,
    logitBias: [],
  },
  stop: [],
  maxTokens: 1,
  topLogprobs: null,
  constraint: null,
  resume: [],
});

function checkBytes(arrived: number, images: readonly Uint8Array[]): void {
  const sent = images.reduce((sum, image) => sum + image.length, 0);
  if (arrived !== sent) throw new Error(`${arrived} of ${sent} bytes arrived`);
}

async function timeMs(sink: Sink, images: readonly Uint8Array[]): Promise<number> {
  const startMs = performance.now();
  await sink.send(images);
  return performance.now() - startMs;
}

export const bulkBytes: Question = {
  name: 'bulk-bytes',
  explanation:
    'Five pictures of 10 MB from memory of the server into memory of a Python worker, checksums included: ' +
    'by shared memory, and by frames through the pipe (the fallback), against base64 in JSON through the pipe.',
  async *ask({ rounds }) {
    const images = Array.from({ length: pictures }, (_, index) => new Uint8Array(width * height * 3).fill(index + 1));
    await using blocks = await startFrameSink(true);
    await using pipe = await startFrameSink(false);
    await using base64 = await startBase64Sink();
    const taken = { blocks: [] as number[], pipe: [] as number[], base64: [] as number[] };
    for (let round = 0; round <= rounds; round += 1) {
      const times = {
        base64: await timeMs(base64, images),
        blocks: await timeMs(blocks, images),
        pipe: await timeMs(pipe, images),
      };
      if (round === 0) continue; // Warms all three up.
      taken.base64.push(times.base64);
      taken.blocks.push(times.blocks);
      taken.pipe.push(times.pipe);
    }
    const baseline = median(taken.base64);
    yield atMost(0.2, { name: '5 × 10 MB by shared memory', measured: median(taken.blocks), baseline, unit: 'ms' });
    yield atMost(1, { name: '5 × 10 MB by the pipe', measured: median(taken.pipe), baseline, unit: 'ms' });
  },
};
