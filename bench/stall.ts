// Does a long prompt hold up an answer that is running?
import { type BenchModel, mid } from './harness/models.ts';
import { completionOrder, nextPrompt } from './harness/prompts.ts';
import { atMost, type Bench, type Question } from './harness/question.ts';
import { startServer } from './harness/server.ts';
import { median } from './harness/statistics.ts';

const longTokens = 950;
const shortTokens = 32;
/** Enough for the answer to outlast the long prompt: it gets a token for every chunk of that. */
const runningTokens = { 'mlx-text': 400, llama: 1200 };
const tokensAhead = 20;
/** What rapid-mlx, which prefills a prompt in one go, keeps its streams waiting in the same situation. */
const peerStallMs = 640;

/** The longest time between two tokens of the running answer, from the long prompt's arrival to its first token. */
async function worstStallMs({ client }: Bench, model: BenchModel, port: number): Promise<number> {
  const order = (promptTokens: number, maxTokens: number) =>
    completionOrder({ port, model: model.name, prompt: nextPrompt(promptTokens), maxTokens });
  const [stream, prompt] = await client.burst([
    { ...order(shortTokens, runningTokens[model.engine]), keepTimes: true },
    { ...order(longTokens, 2), afterTokensOfFirst: tokensAhead },
  ]);
  const { eventTimesMs } = stream!;
  const { sentMs, firstTokenMs } = prompt!;
  if (stream!.lastTokenMs < firstTokenMs) throw new Error('the answer ended before the prompt was computed');
  const silences = eventTimesMs.slice(1).map((endMs, index) => ({ endMs, beginMs: eventTimesMs[index]! }));
  const during = silences.filter(({ beginMs, endMs }) => endMs >= sentMs && beginMs <= firstTokenMs);
  return Math.max(...during.map(({ beginMs, endMs }) => endMs - beginMs));
}

export const stall: Question = {
  name: 'stall',
  explanation:
    `A prompt of ${longTokens} tokens arrives while another answer streams. The longest silence of that stream until ` +
    `the new answer's first token (median of the rounds), by the ${peerStallMs} ms of a server that prefills in one go.`,
  async *ask(bench) {
    for (const model of bench.chosen(mid)) {
      await using server = await startServer();
      await worstStallMs(bench, model, server.port);
      const stalls: number[] = [];
      for (let round = 0; round < bench.rounds; round += 1) stalls.push(await worstStallMs(bench, model, server.port));
      yield atMost(0.3, {
        name: `${model.name}, longest silence of a running stream`,
        measured: median(stalls),
        baseline: peerStallMs,
        unit: 'ms',
      });
    }
  },
};
