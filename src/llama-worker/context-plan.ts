// How much context for how many sequences fits. Every sequence has KV cells of its own for the whole context, so the
// cost is their product. Pure.

export interface ContextPlan {
  /** Tokens that each sequence can reach. */
  readonly contextLength: number;
  readonly sequences: number;
}

export interface ContextNeeds {
  /** What the server asked for; null leaves it to the model. */
  readonly asked: number | null;
  /** What the model was trained for. */
  readonly trained: number;
  readonly maxBatch: number;
  readonly bytesPerToken: number;
  readonly availableBytes: number;
  readonly weightBytes: number;
}

/** Without an order, a sequence is not cut below this for the sake of more sequences. */
const usefulContext = 4096;
const smallestContext = 512;
const cellPadding = 256;
/** Share of the memory available that the cells of an ordered context may take. */
const orderedShare = 0.6;
/** llama.cpp touches every cell at the load, so what nobody ordered is kept in proportion: to the memory and the model. */
const chosenShare = 0.25;
const chosenBytes = 2 * 1024 ** 3;
const chosenWeights = 2;

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/**
 * An ordered context is kept and the sequences reduced; requests then take turns. A context that nobody ordered gives
 * way first, down to {@link usefulContext}. With one sequence left, the context gives way.
 */
export function planContext(needs: ContextNeeds): ContextPlan {
  const { asked, trained, maxBatch, bytesPerToken } = needs;
  const cellBytes = asked === null ? chosenCellBytes(needs) : needs.availableBytes * orderedShare;
  const tokens = Math.floor(cellBytes / Math.max(1, bytesPerToken) / cellPadding) * cellPadding;
  const perSequence = Math.floor(tokens / maxBatch / cellPadding) * cellPadding;
  const wanted = asked === null ? clamp(perSequence, usefulContext, trained) : asked;
  const contextLength = Math.min(wanted, trained, Math.max(tokens, smallestContext));
  return { contextLength, sequences: clamp(Math.floor(tokens / contextLength), 1, maxBatch) };
}

const chosenCellBytes = ({ availableBytes, weightBytes }: ContextNeeds): number =>
  Math.min(availableBytes * chosenShare, Math.max(chosenBytes, weightBytes * chosenWeights));

/** The next smaller plan to try when the memory turned out not to be there; null when there is none. */
export function smallerPlan({ contextLength, sequences }: ContextPlan): ContextPlan | null {
  if (sequences > 1) return { contextLength, sequences: Math.floor(sequences / 2) };
  if (contextLength <= smallestContext) return null;
  return { contextLength: Math.max(smallestContext, Math.floor(contextLength / 2)), sequences };
}
