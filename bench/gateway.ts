// What does the server itself take for a token, and for a stream that waits?
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drainStream, openStream, type StreamCall } from './harness/drain-streams.ts';
import { nodeFlags, paths } from './harness/paths.ts';
import { processorMs, residentBytes } from './harness/process-facts.ts';
import { type Bench, type Question, reachesLimit, withinLimit } from './harness/question.ts';
import { type BenchServer, startServer } from './harness/server.ts';
import { delay, sum } from './harness/statistics.ts';

const streams = 500;
const idleStreams = 2000;
const paceMs = 25;
const model = 'scripted/emits-steps';

/** The server with a scripted worker behind the real pipes; half of the idle streams wait in its queue. */
function startScripted(): Promise<BenchServer> {
  const folder = join(paths.benchModels, model);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), '{"model_type":"scripted"}');
  writeFileSync(join(folder, 'model.safetensors'), '\x02\0\0\0\0\0\0\0{}'); // A header without a tensor.
  return startServer({
    command: [process.execPath, ...nodeFlags, join(paths.root, 'test/fixtures/faults/serve.mjs')],
    env: { MLX_MAX_CONCURRENT_REQUESTS: String(idleStreams / 2), MLX_QUEUE_MAX_DEPTH: String(idleStreams) },
  });
}

interface Round {
  readonly tokensPerSecond: number;
  readonly microseconds: number;
}

async function round({ port, pid }: BenchServer, tokens: number, everyMs = 0): Promise<Round> {
  const call: StreamCall = { port, model, content: `tokens=${tokens} everyMs=${everyMs}` };
  const [startedMs, startedProcessorMs] = [performance.now(), processorMs(pid)];
  const counts = await Promise.all(Array.from({ length: streams }, () => drainStream(call)));
  const [tookMs, processorTookMs] = [performance.now() - startedMs, processorMs(pid) - startedProcessorMs];
  const total = sum(counts);
  if (total !== tokens * streams) throw new Error(`${total} tokens came of ${tokens * streams}`);
  return { tokensPerSecond: (total / tookMs) * 1000, microseconds: (processorTookMs / total) * 1000 };
}

async function idleKilobytes({ port, pid }: BenchServer): Promise<number> {
  const before = residentBytes(pid);
  const call: StreamCall = { port, model, content: 'hold' };
  const sockets = await Promise.all(Array.from({ length: idleStreams }, () => openStream(call)));
  await delay(3000);
  const taken = residentBytes(pid) - before;
  for (const socket of sockets) socket.destroy();
  return taken / idleStreams / 1000;
}

export const gateway: Question = {
  name: 'gateway',
  explanation:
    `${streams} streams of a scripted worker that sends a frame a step for all of them, as fast as its pipe takes frames; ` +
    `best of the rounds, because the clients share the cores. The same at ${1000 / paceMs} steps a second, so that every ` +
    `token is an event of its own. Then ${idleStreams} streams that wait, half of them for their turn.`,
  async *ask({ quick, rounds }: Bench) {
    await using server = await startScripted();
    const tokens = quick ? 100 : 400;
    await round(server, tokens);
    const all: Round[] = [];
    while (all.length < rounds) all.push(await round(server, tokens));
    const tokensPerSecond = Math.max(...all.map((one) => one.tokensPerSecond));
    const microseconds = Math.min(...all.map((one) => one.microseconds));
    yield reachesLimit(60_000, { name: `${streams} streams, total`, measured: tokensPerSecond, unit: 'tok/s' });
    yield withinLimit(25, { name: 'processor time of the server a token', measured: microseconds, unit: 'µs' });
    const paced: Round[] = [];
    while (paced.length < 3) paced.push(await round(server, tokens, paceMs));
    const each = Math.min(...paced.map((one) => one.microseconds));
    yield withinLimit(25, { name: 'the same where each token is an event', measured: each, unit: 'µs' });
    await using idle = await startScripted();
    await drainStream({ port: idle.port, model, content: 'tokens=1' });
    await round(idle, 10);
    yield withinLimit(30, { name: 'memory a stream that waits', measured: await idleKilobytes(idle), unit: 'kB' });
  },
};
