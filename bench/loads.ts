// Does a server that loads and unloads all day keep what it took?
import { type BenchModel, starters } from './harness/models.ts';
import { residentBytes } from './harness/process-facts.ts';
import { completionOrder } from './harness/prompts.ts';
import { type Bench, type Question, withinLimit } from './harness/question.ts';
import { type BenchServer, startServer } from './harness/server.ts';
import { delay } from './harness/statistics.ts';

const settleMs = 2000;
/** Code is compiled and pools are filled by the first few. */
const warmUps = 5;

async function loadAndUnload({ client }: Bench, { port, admin }: BenchServer, { name }: BenchModel): Promise<void> {
  await client.burst([completionOrder({ port, model: name, prompt: 'The sea', maxTokens: 4 })]);
  const response = await fetch(`${admin}/admin/unload`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: name }),
  });
  if (!response.ok) throw new Error(`unload answered ${response.status}: ${await response.text()}`);
}

async function settledMegabytes({ pid }: BenchServer): Promise<number> {
  await delay(settleMs);
  return residentBytes(pid) / 1e6;
}

export const loads: Question = {
  name: 'loads',
  explanation: `What the server process gains in resident memory by loading, asking and unloading a model, after the first ${warmUps} times.`,
  async *ask(bench) {
    const times = bench.quick ? 10 : 100;
    for (const model of bench.chosen(starters)) {
      await using server = await startServer();
      for (let load = 0; load < warmUps; load += 1) await loadAndUnload(bench, server, model);
      const before = await settledMegabytes(server);
      for (let load = 0; load < times; load += 1) await loadAndUnload(bench, server, model);
      const name = `server alone, RSS gained by ${times} loads of ${model.name}`;
      yield withinLimit(20, { name, measured: (await settledMegabytes(server)) - before, unit: 'MB' });
    }
  },
};
