// What does the server itself cost? A model so small that the engine is hardly in the way.
import { compareOnOwnServer } from './harness/compare.ts';
import { fast } from './harness/models.ts';
import type { ProcessorCost } from './harness/processor-meter.ts';
import { nextPrompts } from './harness/prompts.ts';
import { atLeast, type Question, type Row, shown } from './harness/question.ts';

const promptTokens = 16;

const costRow = (name: string, { server, worker, client, baseline }: ProcessorCost): Row => ({
  name,
  measured: `${shown(server)} µs server, ${shown(worker)} worker, ${shown(client)} client`,
  baseline: `${shown(baseline)} µs`,
  target: '',
  ratio: null,
  pass: true,
});

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
        const { server, baseline, cost } = await compareOnOwnServer({ bench, model, prompts, maxTokens });
        yield atLeast(0.7, {
          name: `${model.name}, ${streams} streams, total`,
          measured: server.tokensPerSecond,
          baseline: baseline.tokensPerSecond,
          unit: 'tok/s',
        });
        yield costRow(`${model.name}, ${streams} streams, processor time a token`, cost);
      }
    }
  },
};
