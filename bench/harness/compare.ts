// Baseline, server, baseline, server …: the rounds of a comparison, interleaved so that the machine's moods hit both.

import type { Prompt } from './in-process.ts';
import { startBaseline } from './in-process.ts';
import type { BenchModel } from './models.ts';
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

/** Medians of all rounds after one that is not counted. */
export async function compare({ bench, server, model, maxTokens, prompts }: Comparing): Promise<Sides> {
  const streams = prompts().length;
  await using baseline = await startBaseline(model, streams);
  const sides: Sides[] = [];
  for (let round = 0; round <= bench.rounds; round += 1) {
    const order = { prompts: prompts(), maxTokens };
    const alone = await baselineRun(baseline, order);
    const served = await serverRun({ ...order, client: bench.client, port: server.port, model: model.name });
    if (round > 0) sides.push({ server: served, baseline: alone });
  }
  return {
    server: mediansOf(sides.map((side) => side.server)),
    baseline: mediansOf(sides.map((side) => side.baseline)),
  };
}

const mediansOf = (runs: readonly Run[]): Run => ({
  tokensPerSecond: median(runs.map((run) => run.tokensPerSecond)),
  decodeTokensPerSecond: median(runs.map((run) => run.decodeTokensPerSecond)),
  fairness: median(runs.map((run) => run.fairness)),
});

/** A server for one model at a time: a second one in memory would not be part of the comparison. */
export async function compareOnOwnServer(options: Omit<Comparing, 'server'>): Promise<Sides> {
  await using server = await startServer();
  return await compare({ ...options, server });
}
