// How much of the engine's decode speed does one client get?
import { compareOnOwnServer } from './harness/compare.ts';
import { type BenchModel, mid, starters } from './harness/models.ts';
import { nextPrompts, storyPrompt } from './harness/prompts.ts';
import { atLeast, type Question } from './harness/question.ts';

const promptTokens = 32;

/** Enough for 1 to 3 s; MLX on a CPU is slow. */
function maxTokensFor({ name, engine }: BenchModel, quick: boolean): number {
  const tokens = name.startsWith('starter/') ? { llama: 192, 'mlx-text': 32 } : { llama: 1024, 'mlx-text': 384 };
  return tokens[engine] / (quick ? 2 : 1);
}

export const singleStream: Question = {
  name: 'single-stream',
  explanation:
    'One stream, decode tokens/s between its first and its last token: through HTTP ÷ the same engine driven in process.',
  async *ask(bench) {
    for (const model of bench.chosen([...mid, ...starters])) {
      const prompts = model.name.startsWith('starter/') ? () => [storyPrompt] : () => nextPrompts(1, promptTokens);
      const sides = await compareOnOwnServer({ bench, model, prompts, maxTokens: maxTokensFor(model, bench.quick) });
      yield atLeast(0.95, {
        name: `${model.name}, 1 stream`,
        measured: sides.server.decodeTokensPerSecond,
        baseline: sides.baseline.decodeTokensPerSecond,
        unit: 'tok/s',
      });
    }
  },
};
