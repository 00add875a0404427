// The model's own distribution around one sampled token: after bias and penalties, before temperature and truncation.
// Two sampling passes of their own, because the pass that chose the token has cut its candidates.
import type { Native, NativeSampler, SamplerConfig } from './native.ts';

interface TokenLogprob {
  readonly tokenId: number;
  readonly text: string;
  readonly logprob: number;
}

export interface LogprobReaderOptions {
  readonly native: Native;
  readonly createSampler: () => NativeSampler;
  readonly vocabularySize: number;
  /** Alternatives wanted; may be 0. */
  readonly top: number;
  readonly textOf: (token: number) => string;
}

export type LogprobReader = (
  logit: number,
  tokenId: number,
  adjusted: Partial<SamplerConfig>,
) => Promise<TokenLogprob & { top: TokenLogprob[] }>;

/** A probability of 0, as OpenAI gives it. */
const leastLogprob = -9999;

/** log p = logit - highest - log(sum of exp(logit - highest)), the last over the whole vocabulary. */
export function createLogprobReader(options: LogprobReaderOptions): LogprobReader {
  const { native, textOf } = options;
  const ranking = options.createSampler();
  const weighing = options.createSampler();
  const wanted = Math.min(options.vocabularySize, Math.max(1, options.top));
  return async (logit, tokenId, adjusted) => {
    ranking.applyConfig({ temperature: 1, seed: 0, topK: wanted, ...adjusted });
    weighing.applyConfig({ temperature: 0, seed: 0, ...adjusted });
    const [[, , , ranked = []], [, , , own = [], totalWeight]] = await Promise.all([
      native.context.sampleToken(logit, ranking, false, false, [[], false, false, false, wanted], false),
      native.context.sampleToken(logit, weighing, false, false, [[tokenId], false, false, false, 0], true),
    ]);
    const highest = ranked[1];
    const ownLogit = own[1];
    if (highest === undefined || ownLogit === undefined || totalWeight === undefined) {
      throw new Error('llama.cpp returned no logits');
    }
    const entry = (token: number, value: number): TokenLogprob => ({
      tokenId: token,
      text: textOf(token),
      logprob: Math.min(0, Math.max(leastLogprob, value - highest - Math.log(totalWeight))),
    });
    const top = Array.from({ length: Math.min(options.top, ranked.length / 2) }, (_, rank) =>
      entry(ranked[2 * rank]!, ranked[2 * rank + 1]!),
    );
    return { ...entry(tokenId, ownLogit), top };
  };
}
