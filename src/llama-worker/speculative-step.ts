// A step in which a draft model's tokens are put to the model all at once. Each position is sampled as it would be without
// them, and the next one counts only where the draft had the token that was sampled: the answer is the same.
import type { StepDelta } from '../ipc/index.ts';
import type { Drafter } from './drafter.ts';
import type { NativeContext } from './native.ts';
import { answerLength, type Sequence } from './sequence.ts';

export interface SpeculationOptions {
  readonly drafter: Drafter;
  readonly context: NativeContext;
  /** Samples at these logits and takes the token; null when that told nothing, or failed. */
  readonly sample: (sequence: Sequence, logit: number) => Promise<StepDelta | null>;
}

/**
 * @returns what to tell of the step, token by token; nothing when nothing was proposed, and a plain step is due
 * @throws Error when llama.cpp could not decode
 */
export async function speculate(sequence: Sequence, options: SpeculationOptions): Promise<StepDelta[]> {
  const { drafter, context, sample } = options;
  // The last token of an answer is sampled from the one before it.
  const most = sequence.maxTokens - answerLength(sequence) - 1;
  if (sequence.place === null || most < 1) return [];
  const proposed = await drafter.propose(sequence, most);
  if (proposed.length === 0 || sequence.cancelled) return [];
  const { slot } = sequence.place;
  const from = sequence.evaluated;
  const logits = await decodeAll(context, slot.id, from, [sequence.tokens[from]!, ...proposed]);
  sequence.evaluated = from + 1;
  const deltas: StepDelta[] = [];
  let accepted = 0;
  for (const logit of logits) {
    const delta = await sample(sequence, logit);
    if (delta !== null) deltas.push(delta);
    if (sequence.ending !== null || sequence.cancelled || sequence.place === null) break;
    if (accepted === proposed.length || sequence.tokens[sequence.length - 1] !== proposed[accepted]) break;
    accepted += 1;
    sequence.evaluated += 1;
  }
  // Whatever became of the sequence: the slot must hold no cells that nobody knows of.
  context.removeTokenCellsFromSequence(slot.id, sequence.evaluated, -1);
  drafter.note({ accepted, proposed: proposed.length });
  return deltas;
}

async function decodeAll(
  context: NativeContext,
  sequenceId: number,
  from: number,
  tokens: readonly number[],
): Promise<Uint32Array> {
  context.initBatch(tokens.length);
  const all = Uint32Array.from(tokens, (_, index) => index);
  const logits = context.addToBatch(sequenceId, from, Uint32Array.from(tokens), all);
  await context.decodeBatch();
  return logits;
}

/** One delta of all of them, in order. */
export function mergeDeltas(deltas: readonly StepDelta[]): StepDelta | null {
  const [first] = deltas;
  if (first === undefined) return null;
  const merged = {
    id: first.id,
    tokenIds: deltas.flatMap(({ tokenIds }) => tokenIds),
    text: deltas.map(({ text }) => text).join(''),
  };
  return first.logprobs === undefined
    ? merged
    : { ...merged, logprobs: deltas.flatMap(({ logprobs }) => logprobs ?? []) };
}
