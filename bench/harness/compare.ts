// Baseline, server, baseline, server …: the rounds of a comparison, interleaved so that the machine's moods hit both.

import type { Prompt } from './in-process.ts';
import { startBaseline } from './in-process.ts';
import type { BenchModel } from './models.ts';
import { createProcessorMeter, type ProcessorCost } from './processor-meter.ts';
import type { Bench } from './question.ts';
import { baselineRun, type Run, serverRun } from './runs.ts';
import { type BenchServer, startServer } from './server.ts';
import { median } from './statistics.ts';

export interface Comparing {
  readonly bench: Bench;
  readonly server: BenchServer;
  readonly model: BenchModel;
  readonly maxTokens: number;
  /** Drawn anew for every round; both sides get the same. */
  readonly prompts: () => readonly Prompt[];
}

export interface Sides {
  readonly server: Run;
  readonly baseline: Run;
}

export interface Compared extends Sides {
  readonly cost: ProcessorCost;
}

/** Medians of all rounds after one that is not counted. */
export async function compare({ bench, server, model, maxTokens, prompts }: Comparing): Promise<Compared> {
  const streams = prompts().length;
  await using baseline = await startBaseline(model, streams);
  const round = async (): Promise<Sides> => {
    const order = { prompts: prompts(), maxTokens };
    const alone = await baselineRun(baseline, order);
    const served = await serverRun({ ...order, client: bench.client, port: server.port, model: model.name });
    return { server: served, baseline: alone };
  };
  await round(); // Loads the model and warms both up.
  const [serverPid, workerPid] = [server.pid, await server.workerPid()];
  const meter = createProcessorMeter({
    baseline: baseline.pid,
    server: serverPid,
    worker: workerPid,
    client: bench.client.pid,
  });
  const sides: Sides[] = [];
  while (sides.length < bench.rounds) sides.push(await meter.charge(round));
  const cost = meter.read(bench.rounds * streams * maxTokens);
  return {
    server: mediansOf(sides.map((side) => side.server)),
    baseline: mediansOf(sides.map((side) => side.baseline)),
    cost,
  };
}

const mediansOf = (runs: readonly Run[]): Run => ({
  tokensPerSecond: median(runs.map((run) => run.tokensPerSecond)),
  decodeTokensPerSecond: median(runs.map((run) => run.decodeTokensPerSecond)),
  fairness: median(runs.map((run) => run.fairness)),
});

/** A server for one model at a time: a second one in memory would not be part of the comparison. */
export async function compareOnOwnServer(options: Omit<Comparing, 'server'>): Promise<Compared> {
  await using server = await startServer();
  return await compare({ ...options, server });
}
