// The sequences of the context and the tokens whose KV cells each still holds. Chooses where a new prompt goes;
// touches no cells itself. Pure.

export interface Slot {
  /** Sequence id in the llama.cpp context. */
  readonly id: number;
  /** Tokens whose cells are there; of a running sequence, those evaluated so far. */
  kept: Uint32Array;
  busy: boolean;
  /** Grows with each use; 0 is never. */
  lastUse: number;
}

/** Take `slot`, whose cells up to `shared` are right once those of `copyFrom` were copied into it, if set. */
export interface Placement {
  readonly slot: Slot;
  readonly shared: number;
  readonly copyFrom: Slot | null;
}

export interface PlacementOptions {
  readonly tokens: Uint32Array;
  /** Slots below this id may be taken. */
  readonly usable: number;
  /** Fewer tokens than these, but for a single one, take longer than they do: of a copy, less is kept then. */
  readonly leastTokens: number;
  /** False: nothing is reused. */
  readonly reuse: boolean;
  /** Whether copying a slot's cells takes less time than to prefill that many tokens. */
  readonly copyPays: (tokens: number) => boolean;
}

export const createSlots = (count: number): Slot[] =>
  Array.from({ length: count }, (_, id) => ({ id, kept: new Uint32Array(0), busy: false, lastUse: 0 }));

/** How many leading tokens agree. */
export function sharedPrefix(one: Uint32Array, other: Uint32Array): number {
  const length = Math.min(one.length, other.length);
  let index = 0;
  while (index < length && one[index] === other[index]) index += 1;
  return index;
}

const longest = (ranked: readonly { slot: Slot; shared: number }[]): { slot: Slot; shared: number } | undefined =>
  ranked.reduce<{ slot: Slot; shared: number } | undefined>(
    (best, next) => (best === undefined || next.shared > best.shared ? next : best),
    undefined,
  );

/**
 * The idle slot that shares the longest prefix, in place when that costs it next to nothing: the next turn of its
 * conversation. When it would lose more than a copy takes (two chats that share a system prompt), or the longest prefix
 * is in a busy slot, the prefix is copied to the slot least recently used instead. Where a copy does not pay either,
 * only a prefix of half the prompt is worth another conversation's cells. At least one token is left to evaluate.
 *
 * @returns null when every usable slot is busy
 */
export function placePrompt(slots: readonly Slot[], options: PlacementOptions): Placement | null {
  const { tokens, usable, reuse, copyPays } = options;
  const mostShared = Math.max(0, tokens.length - 1);
  const ranked = slots
    .map((slot) => ({ slot, shared: reuse ? Math.min(mostShared, sharedPrefix(slot.kept, tokens)) : 0 }))
    .sort((one, other) => one.slot.lastUse - other.slot.lastUse || one.slot.id - other.slot.id);
  const idle = ranked.filter(({ slot }) => !slot.busy && slot.id < usable);
  const oldest = idle[0];
  const bestIdle = longest(idle);
  const best = longest(ranked);
  if (oldest === undefined || bestIdle === undefined || best === undefined) return null;

  const lost = bestIdle.slot.kept.length - bestIdle.shared;
  if (bestIdle.shared > 0 && bestIdle.shared === best.shared && !copyPays(lost)) return { ...bestIdle, copyFrom: null };
  if (best.slot !== oldest.slot && copyPays(best.shared - oldest.shared)) {
    const own = tokens.length - best.shared;
    const shared = own === 1 ? best.shared : Math.max(0, Math.min(best.shared, tokens.length - options.leastTokens));
    return { slot: oldest.slot, shared, copyFrom: best.slot };
  }
  return { ...(bestIdle.shared * 2 >= tokens.length ? bestIdle : oldest), copyFrom: null };
}
