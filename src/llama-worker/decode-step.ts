// One decode in llama.cpp's terms: fills the batch, runs it, says where each sequence's logits are; then samples.
import type { NativeContext } from './native.ts';
import { answerLength, type Sequence } from './sequence.ts';
import type { PlannedPart } from './step-plan.ts';
import type { SampledToken } from './token-sampler.ts';

export type PartLogits = ReadonlyMap<Sequence, Uint32Array>;

const noLogits = new Uint32Array(0);
const firstLogit = new Uint32Array(1);

/**
 * Sequences go into the batch in the order of their ids: llama.cpp computes only runs of neighbouring ids together.
 *
 * @returns the batch indices of the logits of each sequence that samples, the last of them to sample from; of one whose
 *   prompt is scored, those of every token
 * @throws Error when llama.cpp could not decode; the cells of all these sequences are then unknown
 */
export async function decodeParts(
  context: NativeContext,
  parts: readonly PlannedPart<Sequence>[],
): Promise<PartLogits> {
  const logits = new Map<Sequence, Uint32Array>();
  context.initBatch(parts.reduce((sum, { count }) => sum + count, 0));
  const slotOf = ({ sequence }: PlannedPart<Sequence>): number => sequence.place?.slot.id ?? -1;
  for (const part of [...parts].sort((one, other) => slotOf(one) - slotOf(other))) {
    const { sequence, from, count, samples } = part;
    const tokens = sequence.tokens.subarray(from, from + count);
    const isScored = sequence.promptScores !== null && from < sequence.promptLength;
    const last = !samples ? noLogits : count === 1 ? firstLogit : Uint32Array.of(count - 1);
    const logitsAt = isScored ? Uint32Array.from(tokens, (_, index) => index) : last;
    const indices = context.addToBatch(slotOf(part), from, tokens, logitsAt);
    if (indices.length > 0) logits.set(sequence, indices);
  }
  await context.decodeBatch();
  return logits;
}

/** Samples the token behind everything the sequence has. */
export async function sampleNext(sequence: Sequence, logit: number): Promise<SampledToken> {
  if (sequence.place === null) throw new Error('a sequence without a slot cannot be sampled');
  return sequence.place.sampler.sample(logit, answerLength(sequence), sequence.tokens.subarray(0, sequence.length));
}
