// How long does a second start take, and how long until a model speaks?
import { type BenchModel, starters } from './harness/models.ts';
import { completionOrder } from './harness/prompts.ts';
import { type Bench, type Question, type Row, withinLimit } from './harness/question.ts';
import { startServer } from './harness/server.ts';
import { median } from './harness/statistics.ts';

const npmStart = ['npm', 'start', '--silent', '--'];

async function secondsToReady(command?: readonly string[]): Promise<number> {
  await using server = await startServer(command === undefined ? {} : { command });
  return (server.readyMs - server.spawnedMs) / 1000;
}

/** From spawn to the first token of an answer asked for as soon as the server was ready; the model loads on demand. */
async function secondsToToken({ client }: Bench, { name }: BenchModel): Promise<number> {
  await using server = await startServer();
  const askedMs = performance.now();
  const order = completionOrder({ port: server.port, model: name, prompt: 'The sea', maxTokens: 4 });
  const [outcome] = await client.burst([order]);
  return (askedMs - server.spawnedMs + outcome!.firstTokenMs - outcome!.sentMs) / 1000;
}

async function medianOf(rounds: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let round = 0; round < rounds; round += 1) values.push(await measure());
  return median(values);
}

const withoutTarget = (name: string, seconds: number): Row => ({
  ...withinLimit(Number.POSITIVE_INFINITY, { name, measured: seconds, unit: 's' }),
  target: '',
});

export const start: Question = {
  name: 'start',
  explanation:
    'Everything installed and in the file cache: from spawn to the ready file, by the server alone and by npm start; ' +
    'from spawn to the first token of an answer asked for at once, so that the model loads on demand.',
  async *ask(bench) {
    const { rounds } = bench;
    const plain = await medianOf(rounds, () => secondsToReady());
    yield withinLimit(0.7, { name: 'serve, spawn to ready', measured: plain, unit: 's' });
    const npm = await medianOf(rounds, () => secondsToReady(npmStart));
    yield withinLimit(5, { name: 'npm start, spawn to ready', measured: npm, unit: 's' });
    for (const model of bench.chosen(starters)) {
      const seconds = await medianOf(rounds, () => secondsToToken(bench, model));
      const name = `${model.name}, spawn to first token`;
      yield model.engine === 'llama'
        ? withinLimit(3, { name, measured: seconds, unit: 's' })
        : withoutTarget(name, seconds);
    }
  },
};
