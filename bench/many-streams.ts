// Do many clients together get what the engine's batch gives, and each its share?
import { compareOnOwnServer } from './harness/compare.ts';
import { mid } from './harness/models.ts';
import { nextPrompts } from './harness/prompts.ts';
import { atLeast, type Question, type Row, shown } from './harness/question.ts';

const promptTokens = 32;
/** Enough for 2 s and more. */
const tokensOf = { llama: 256, 'mlx-text': 96 };

const fairnessRow = (name: string, fairness: number): Row => ({
  name,
  measured: shown(fairness),
  baseline: '',
  target: '≥ 0.85',
  ratio: fairness,
  pass: fairness >= 0.85,
});

export const manyStreams: Question = {
  name: 'many-streams',
  explanation:
    'Streams sent at once: all tokens ÷ the time from the first request to the last token, prefill included, by the ' +
    'same in an in-process batch. Slowest ÷ fastest: tokens of a stream ÷ the time from the first request to its last.',
  async *ask(bench) {
    for (const model of bench.chosen(mid)) {
      const maxTokens = tokensOf[model.engine] / (bench.quick ? 2 : 1);
      for (const streams of [8, 16]) {
        const prompts = () => nextPrompts(streams, promptTokens);
        const { server, baseline } = await compareOnOwnServer({ bench, model, prompts, maxTokens });
        const name = `${model.name}, ${streams} streams`;
        const [measured, alone] = [server.tokensPerSecond, baseline.tokensPerSecond];
        yield atLeast(0.95, { name: `${name}, total`, measured, baseline: alone, unit: 'tok/s' });
        yield fairnessRow(`${name}, slowest ÷ fastest`, server.fairness);
      }
    }
  },
};
