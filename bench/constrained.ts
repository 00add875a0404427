// What does it cost that an answer must fit a schema?
import type { BenchModel } from './harness/models.ts';
import { starters } from './harness/models.ts';
import type { Order, Outcome } from './harness/orders.ts';
import { atLeast, type Bench, type Question, type Row } from './harness/question.ts';
import { requireFullLength } from './harness/runs.ts';
import { startServer } from './harness/server.ts';
import { median, sum } from './harness/statistics.ts';

/** An answer that fits cannot end before it is cut: both sides write the same number of tokens. */
const schema = {
  type: 'array',
  minItems: 500,
  items: {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 4, maxLength: 40 },
      year: { type: 'integer', minimum: 1800, maximum: 2030 },
    },
    required: ['name', 'year'],
    additionalProperties: false,
  },
};
/** The model goes on with this by itself for long, with a form or without. */
const prompt =
  'A JSON list of inventions: [{"name": "steam engine", "year": 1769}, {"name": "telephone", "year": 1876}]\nAnother, longer one: ';
const tokensFor = { llama: 128, 'mlx-text': 32 } as const;

interface Burst {
  readonly port: number;
  readonly model: BenchModel;
  readonly streams: number;
  readonly maxTokens: number;
  readonly held: boolean;
}

const orderOf = ({ port, model, maxTokens, held }: Burst, stream: number): Order => ({
  port,
  path: '/v1/completions',
  body: JSON.stringify({
    model: model.name,
    prompt: `${stream}. ${prompt}`,
    max_tokens: maxTokens,
    temperature: 0,
    // The end token is forbidden, so that the free answer is as long.
    ...(held ? { guided_json: schema } : { logit_bias: { 0: -100, 2: -100 } }),
    stream: true,
    stream_options: { include_usage: true },
  }),
});

/** Tokens a second of all streams, each between its first token and its last. */
async function decodeRate(bench: Bench, burst: Burst): Promise<number> {
  const orders = Array.from({ length: burst.streams }, (_, stream) => orderOf(burst, stream));
  const outcomes: readonly Outcome[] = await bench.client.burst(orders);
  for (const outcome of outcomes) requireFullLength(outcome, burst.maxTokens);
  return sum(
    outcomes.map(
      ({ completionTokens, firstTokenMs, lastTokenMs }) =>
        (1000 * (completionTokens - 1)) / (lastTokenMs - firstTokenMs),
    ),
  );
}

async function* askModel(bench: Bench, model: BenchModel): AsyncGenerator<Row, void, undefined> {
  await using server = await startServer();
  const maxTokens = tokensFor[model.engine];
  for (const { streams, target } of [
    { streams: 1, target: 0.9 },
    { streams: 8, target: 0.8 },
  ]) {
    const rates: { free: number; held: number }[] = [];
    for (let round = 0; round <= bench.rounds; round += 1) {
      const burst = { port: server.port, model, streams, maxTokens };
      const free = await decodeRate(bench, { ...burst, held: false });
      rates.push({ free, held: await decodeRate(bench, { ...burst, held: true }) });
    }
    const counted = rates.slice(1);
    yield atLeast(target, {
      name: `${model.name}, ${streams} ${streams === 1 ? 'stream' : 'streams'} held to a schema`,
      measured: median(counted.map(({ held }) => held)),
      baseline: median(counted.map(({ free }) => free)),
      unit: 'tok/s',
    });
  }
}

export const constrained: Question = {
  name: 'constrained',
  explanation:
    'Decode tokens/s of answers that must fit a JSON Schema ÷ those of free answers, through the same server.',
  async *ask(bench) {
    for (const model of bench.chosen(starters)) yield* askModel(bench, model);
  },
};
