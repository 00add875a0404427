// One burst of equal requests, through the server and in process, told in the same numbers.
import type { Client } from './client.ts';
import type { Baseline, BaselineStream, Prompt } from './in-process.ts';
import type { Outcome } from './orders.ts';
import { completionOrder } from './prompts.ts';
import { sum } from './statistics.ts';

export interface Run {
  /** All tokens by the time from the start of the burst to its last token. */
  readonly tokensPerSecond: number;
  /** Of the first stream, between its first and its last token. */
  readonly decodeTokensPerSecond: number;
  /** Rate of the slowest stream by that of the fastest, each from the start of the burst to its last token. */
  readonly fairness: number;
}

function runOf(streams: readonly BaselineStream[]): Run {
  const rates = streams.map(({ tokens, lastTokenMs }) => tokens / lastTokenMs);
  const wallMs = Math.max(...streams.map(({ lastTokenMs }) => lastTokenMs));
  const first = streams[0]!;
  return {
    tokensPerSecond: (sum(streams.map(({ tokens }) => tokens)) / wallMs) * 1000,
    decodeTokensPerSecond: ((first.tokens - 1) / (first.lastTokenMs - first.firstTokenMs)) * 1000,
    fairness: Math.min(...rates) / Math.max(...rates),
  };
}

export interface BurstOptions {
  readonly prompts: readonly Prompt[];
  readonly maxTokens: number;
}

export const baselineRun = async (baseline: Baseline, options: BurstOptions): Promise<Run> =>
  runOf(await baseline.run(options));

export interface ServerRunOptions extends BurstOptions {
  readonly client: Client;
  readonly port: number;
  readonly model: string;
}

export async function serverRun({ client, port, model, prompts, maxTokens }: ServerRunOptions): Promise<Run> {
  const orders = prompts.map((prompt) => completionOrder({ port, model, prompt, maxTokens }));
  const outcomes = await client.burst(orders);
  const beganMs = Math.min(...outcomes.map(({ sentMs }) => sentMs));
  for (const outcome of outcomes) requireFullLength(outcome, maxTokens);
  return runOf(
    outcomes.map(({ firstTokenMs, lastTokenMs, completionTokens }) => ({
      firstTokenMs: firstTokenMs - beganMs,
      lastTokenMs: lastTokenMs - beganMs,
      tokens: completionTokens,
    })),
  );
}

/** Both sides must do the same work: an answer that ended early would make the comparison void. */
export function requireFullLength({ finishReason, completionTokens }: Outcome, maxTokens: number): void {
  if (finishReason === 'length' && completionTokens === maxTokens) return;
  throw new Error(`an answer ended with ${finishReason} after ${completionTokens} of ${maxTokens} tokens`);
}
