// How much context for how many sequences fits. Every sequence has KV cells of its own for the whole context, so the
// cost is their product. Pure.

export interface ContextPlan {
  /** Tokens that each sequence can reach. */
  readonly contextLength: number;
  /** Sequences that can run together. */
  readonly sequences: number;
  /** Sequences that can be paused beside them, their cells kept. */
  readonly pausable: number;
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
  /** Tokens that all cells together may hold by the server's reckoning; absent: it has none. */
  readonly mostTokens?: number | undefined;
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

/** Of a batch's sequences, how many more can be paused; each costs as much memory as one that runs. */
const pausableShare = 0.25;

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/**
 * An ordered context is kept and the sequences reduced; requests then take turns. A context that nobody ordered gives
 * way first, down to {@link usefulContext}. With one sequence left, the context gives way.
 * Where fewer sequences fit than were asked for, a quarter of those is for paused ones all the same.
 */
export function planContext(needs: ContextNeeds): ContextPlan {
  const { asked, trained, maxBatch, bytesPerToken } = needs;
  const cellBytes = asked === null ? chosenCellBytes(needs) : needs.availableBytes * orderedShare;
  const affordable = Math.min(cellBytes / Math.max(1, bytesPerToken), needs.mostTokens ?? Infinity);
  const tokens = Math.floor(affordable / cellPadding) * cellPadding;
  const wantedPausable = Math.ceil(maxBatch * pausableShare);
  const perSequence = Math.floor(tokens / (maxBatch + wantedPausable) / cellPadding) * cellPadding;
  const wanted = asked === null ? clamp(perSequence, usefulContext, trained) : asked;
  const contextLength = Math.min(wanted, trained, Math.max(tokens, smallestContext));
  const total = Math.floor(tokens / contextLength);
  const pausable = Math.min(wantedPausable, Math.max(total - maxBatch, Math.floor(total * pausableShare)));
  return { contextLength, sequences: clamp(total - pausable, 1, maxBatch), pausable };
}

const chosenCellBytes = ({ availableBytes, weightBytes }: ContextNeeds): number =>
  Math.min(availableBytes * chosenShare, Math.max(chosenBytes, weightBytes * chosenWeights));

/** The next smaller plan to try when the memory turned out not to be there; null when there is none. */
export function smallerPlan({ contextLength, sequences, pausable }: ContextPlan): ContextPlan | null {
  const total = Math.floor((sequences + pausable) / 2);
  if (total > 0) {
    const stillPausable = Math.min(pausable, Math.floor(total * pausableShare));
    return { contextLength, sequences: total - stillPausable, pausable: stillPausable };
  }
  if (contextLength <= smallestContext) return null;
  return { contextLength: Math.max(smallestContext, Math.floor(contextLength / 2)), sequences, pausable };
}
