// Log-probabilities of a prompt's own tokens, read from the logits of the tokens before them. Called behind a decode.
import type { LoadedModel } from './load-model.ts';
import { createLogprobReader } from './logprobs.ts';
import type { NativeSampler } from './native.ts';
import type { Sequence } from './sequence.ts';

export interface ScoredPart {
  readonly model: Pick<LoadedModel, 'native' | 'vocabularySize' | 'textOf'>;
  readonly sequence: Sequence;
  /** Place in the sequence of the first token that was decoded. */
  readonly from: number;
  /** Indices of their logits, one a token. */
  readonly logits: ArrayLike<number>;
}

/** Adds to the sequence's scores. @throws Error when llama.cpp gives no logits */
export async function scorePart({ model, sequence, from, logits }: ScoredPart): Promise<void> {
  const scores = sequence.promptScores;
  if (scores === null) return;
  const { tokens, promptLength, request } = sequence;
  if (from === 0) scores.push({ tokenId: tokens[0]!, text: model.textOf(tokens[0]!), logprob: null, top: [] });
  const samplers: NativeSampler[] = [];
  const createSampler = (): NativeSampler => {
    const sampler = model.native.createSampler();
    samplers.push(sampler);
    return sampler;
  };
  const read = createLogprobReader({ ...model, createSampler, top: request.promptLogprobs ?? 0 });
  try {
    for (let index = 0; index < logits.length && from + index + 1 < promptLength; index += 1) {
      scores.push(await read(logits[index]!, tokens[from + index + 1]!, {}));
    }
  } finally {
    for (const sampler of samplers) sampler.dispose();
  }
}
