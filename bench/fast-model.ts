// What does the server itself cost? A model so small that the engine is hardly in the way.
import { compareOnOwnServer } from './harness/compare.ts';
import { fast } from './harness/models.ts';
import { nextPrompts } from './harness/prompts.ts';
import { atLeast, type Question } from './harness/question.ts';

const promptTokens = 16;

export const fastModel: Question = {
  name: 'fast-model',
  explanation:
    'Streams sent at once to a model of hidden size 32: all tokens ÷ the time from the first request to the last ' +
    'token, by the same in an in-process batch.',
  async *ask(bench) {
    const maxTokens = bench.quick ? 128 : 512;
    for (const model of bench.chosen(fast)) {
      for (const streams of [8, 32]) {
        const prompts = () => nextPrompts(streams, promptTokens);
        const { server, baseline } = await compareOnOwnServer({ bench, model, prompts, maxTokens });
        yield atLeast(0.7, {
          name: `${model.name}, ${streams} streams, total`,
          measured: server.tokensPerSecond,
          baseline: baseline.tokensPerSecond,
          unit: 'tok/s',
        });
      }
    }
  },
};
