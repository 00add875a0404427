// Is a beginning that requests share computed once when they come together?
import { mid } from './harness/models.ts';
import type { Outcome } from './harness/orders.ts';
import { completionOrder, nextPrompt } from './harness/prompts.ts';
import { atMost, type Bench, type Question } from './harness/question.ts';
import { startServer } from './harness/server.ts';
import { median } from './harness/statistics.ts';

const requests = 8;
const sharedTokens = 600;
const ownTokens = 24;
const answerTokens = 8;

const ttftMs = ({ sentMs, firstTokenMs }: Outcome): number => firstTokenMs - sentMs;

interface Place {
  readonly bench: Bench;
  readonly port: number;
  readonly model: string;
}

/** The longest time to first token of requests with one new beginning, sent at once. */
async function lastTtftMs({ bench, port, model }: Place, count: number): Promise<number> {
  const beginning = nextPrompt(sharedTokens);
  const orders = Array.from({ length: count }, () =>
    completionOrder({ port, model, prompt: [...beginning, ...nextPrompt(ownTokens)], maxTokens: answerTokens }),
  );
  return Math.max(...(await bench.client.burst(orders)).map(ttftMs));
}

export const burst: Question = {
  name: 'burst',
  explanation:
    `${requests} requests at once, each a new beginning of ${sharedTokens} tokens that all of them share and ` +
    `${ownTokens} tokens of its own: the last time to first token, by that of one such request alone (medians).`,
  async *ask(bench) {
    for (const model of bench.chosen(mid)) {
      await using server = await startServer();
      const place = { bench, port: server.port, model: model.name };
      for (const count of [1, 1, requests]) await lastTtftMs(place, count);
      const alone: number[] = [];
      const together: number[] = [];
      for (let round = 0; round < bench.rounds; round += 1) {
        alone.push(await lastTtftMs(place, 1));
        together.push(await lastTtftMs(place, requests));
      }
      yield atMost(2, {
        name: `${model.name}, last TTFT of ${requests}`,
        measured: median(together),
        baseline: median(alone),
        unit: 'ms',
      });
    }
  },
};
