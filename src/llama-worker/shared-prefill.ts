// Prompts that begin alike and come together: the first computes what they share, the others wait and take it over. Pure.
import { sharedPrefix } from './slots.ts';

interface Filling {
  /** All tokens it will have evaluated before its first answer. */
  readonly tokens: Uint32Array;
  readonly evaluated: number;
}

export interface WaitingPrompt {
  readonly tokens: Uint32Array;
  /** Tokens whose cells are there, of every slot that is not being filled. */
  readonly held: readonly Uint32Array[];
  /** Prompts in their prefill. */
  readonly filling: readonly Filling[];
  /** Whether copying a slot's cells takes less time than to prefill that many tokens. */
  readonly copyPays: (tokens: number) => boolean;
}

/**
 * Whether another prompt is about to compute more of this one's beginning than is there already. Nobody loses by the
 * wait: prompts are computed in order of arrival, and that one came before.
 */
export function isWorthWaiting({ tokens, held, filling, copyPays }: WaitingPrompt): boolean {
  const most = tokens.length - 1;
  const there = held.reduce((best, kept) => Math.max(best, sharedPrefix(kept, tokens)), 0);
  return filling.some(({ tokens: other, evaluated }) => {
    const shared = Math.min(most, sharedPrefix(other, tokens));
    return evaluated < shared && copyPays(shared - there);
  });
}
