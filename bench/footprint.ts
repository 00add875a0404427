// What does the server weigh alone, and does it stay responsive under load?
import { Agent, get } from 'node:http';
import { mid } from './harness/models.ts';
import { residentBytes } from './harness/process-facts.ts';
import { completionOrder, nextPrompt, nextPrompts } from './harness/prompts.ts';
import { type Bench, type Question, withinLimit } from './harness/question.ts';
import { type BenchServer, startServer } from './harness/server.ts';
import { delay, percentile } from './harness/statistics.ts';

const settleMs = 1000;
const probeEveryMs = 10;
const streams = 8;

const residentMegabytes = ({ pid }: BenchServer): number => residentBytes(pid) / 1e6;

/** Round trip of one GET on a connection that is kept. */
function probeMs(port: number, agent: Agent): Promise<number> {
  const sentMs = performance.now();
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path: '/health', agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(performance.now() - sentMs));
    });
    request.on('error', reject);
  });
}

/** Probes at a fixed pace, however long each takes, while `work` lasts. */
async function probeDuring(port: number, work: Promise<unknown>): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true });
  const probes: Promise<number>[] = [];
  const timer = setInterval(() => probes.push(probeMs(port, agent)), probeEveryMs);
  await work.finally(() => clearInterval(timer));
  const taken = await Promise.all(probes);
  agent.destroy();
  return taken;
}

async function serveFifty({ client }: Bench, { port }: BenchServer, model: string): Promise<void> {
  for (let burst = 0; burst < 10; burst += 1) {
    const prompts = nextPrompts(5, 32);
    await client.burst(prompts.map((prompt) => completionOrder({ port, model, prompt, maxTokens: 64 })));
  }
}

export const footprint: Question = {
  name: 'footprint',
  explanation:
    'Resident memory of the server process without its workers, 1 s after its start and 1 s after 50 requests; ' +
    `the 99th percentile of GET /health every ${probeEveryMs} ms while ${streams} streams run.`,
  async *ask(bench) {
    await using server = await startServer();
    await delay(settleMs);
    yield withinLimit(120, { name: 'server alone, RSS after start', measured: residentMegabytes(server), unit: 'MB' });
    for (const { name } of bench.chosen(mid)) {
      await serveFifty(bench, server, name);
      await delay(settleMs);
      const row = `server alone, RSS after 50 requests to ${name}`;
      yield withinLimit(120, { name: row, measured: residentMegabytes(server), unit: 'MB' });
      const orders = Array.from({ length: streams }, () =>
        completionOrder({
          port: server.port,
          model: name,
          prompt: nextPrompt(32),
          maxTokens: bench.quick ? 128 : 1024,
        }),
      );
      const probes = await probeDuring(server.port, bench.client.burst(orders));
      const measured = percentile(probes, 0.99);
      yield withinLimit(50, { name: `/health p99 under ${streams} streams of ${name}`, measured, unit: 'ms' });
    }
  },
};
