// Is a request whose client left out of the engine at once?
import { type BenchModel, mid } from './harness/models.ts';
import type { Order, Outcome } from './harness/orders.ts';
import { completionOrder, nextPrompt } from './harness/prompts.ts';
import { atMost, type Bench, type Question, type Row } from './harness/question.ts';
import { startServer } from './harness/server.ts';
import { delay, median } from './harness/statistics.ts';

const shortTokens = 64;
const longTokens = 950;
const decodeTokens = 2000;
const tokensBeforeLeaving = 20;
/** Silence before every normal request, and before the request that will be left. */
const idleMs = 50;
/** Rounds go on for so long at least. */
const leastMs = 15_000;

interface Place {
  readonly bench: Bench;
  readonly port: number;
  readonly model: BenchModel;
}

interface Samples {
  readonly normalShort: number[];
  readonly normalLong: number[];
  readonly afterDecode: number[];
  readonly afterPrefillShort: number[];
  readonly afterPrefillLong: number[];
}

const ttftMs = ({ firstTokenMs, sentMs }: Outcome): number => firstTokenMs - sentMs;

const order = ({ port, model }: Place, promptTokens: number, maxTokens = 4): Order =>
  completionOrder({ port, model: model.name, prompt: nextPrompt(promptTokens), maxTokens });

async function normalTtftMs(place: Place, promptTokens: number): Promise<number> {
  await delay(idleMs);
  const [outcome] = await place.bench.client.burst([order(place, promptTokens)]);
  return ttftMs(outcome!);
}

/** TTFT of a request sent in the same moment in which the one before it was left. */
async function ttftAfterMs(place: Place, left: Order, promptTokens: number): Promise<number> {
  await delay(idleMs);
  const [, next] = await place.bench.client.chain([left, order(place, promptTokens)]);
  return ttftMs(next!);
}

async function takeSamples(place: Place, samples: Samples): Promise<void> {
  samples.normalShort.push(await normalTtftMs(place, shortTokens));
  samples.normalLong.push(await normalTtftMs(place, longTokens));
  const inDecode = { ...order(place, shortTokens, decodeTokens), disconnect: { afterTokens: tokensBeforeLeaving } };
  samples.afterDecode.push(await ttftAfterMs(place, inDecode, shortTokens));
  // Anywhere between a tenth and a half of the prefill, so that no round sits at a chunk's edge by chance.
  const share = 0.1 + 0.4 * ((samples.normalLong.length * 0.618) % 1);
  const inPrefill = (): Order => ({
    ...order(place, longTokens),
    disconnect: { afterMs: median(samples.normalLong) * share },
  });
  samples.afterPrefillShort.push(await ttftAfterMs(place, inPrefill(), shortTokens));
  samples.afterPrefillLong.push(await ttftAfterMs(place, inPrefill(), longTokens));
}

async function* askModel(bench: Bench, model: BenchModel): AsyncGenerator<Row, void, undefined> {
  await using server = await startServer();
  const place = { bench, port: server.port, model };
  const samples: Samples = {
    normalShort: [],
    normalLong: [],
    afterDecode: [],
    afterPrefillShort: [],
    afterPrefillLong: [],
  };
  for (let warmUp = 0; warmUp < 3; warmUp += 1) await bench.client.burst([order(place, longTokens, 16)]);
  const beganMs = performance.now();
  for (let round = 0; round < bench.rounds || performance.now() - beganMs < leastMs; round += 1) {
    await takeSamples(place, samples);
  }
  const row = (name: string, measured: readonly number[], normal: readonly number[]): Row =>
    atMost(1.3, {
      name: `${model.name}, TTFT after a client left ${name}`,
      measured: median(measured),
      baseline: median(normal),
      unit: 'ms',
    });
  yield row('in decode, short prompt next', samples.afterDecode, samples.normalShort);
  yield row('in prefill, short prompt next', samples.afterPrefillShort, samples.normalShort);
  yield row('in prefill, long prompt next', samples.afterPrefillLong, samples.normalLong);
}

export const cancel: Question = {
  name: 'cancel',
  explanation:
    `A client closes its connection after ${tokensBeforeLeaving} tokens, or at 10 to 50 % of the prefill of ` +
    `${longTokens} tokens; in the same moment another client sends a prompt of ${shortTokens} (short) or ` +
    `${longTokens} (long) tokens. Its time to first token, connection included, by the median of the same request on ` +
    'the idle server. No two prompts share a prefix.',
  async *ask(bench) {
    for (const model of bench.chosen(mid)) yield* askModel(bench, model);
  },
};
