// Sets of stacks of nodes: what is left to do behind a place in a grammar, in each way in which it was reached. Equal sets
// are one object, and stacks share what is beneath them, so that an ambiguous grammar has few sets of many stacks.
import type { Meter } from './meter.ts';

export interface Stacks {
  readonly id: number;
  /** Nodes of the longest stack. */
  readonly depth: number;
  /** Whether the empty stack is among them. */
  readonly ends: boolean;
  /** What is on top, in order; each once. */
  readonly tops: readonly number[];
  /** What may be beneath each of the tops. */
  readonly below: readonly Stacks[];
}

export interface StackSets {
  /** The empty stack alone. */
  readonly bottom: Stacks;
  readonly push: (node: number, below: Stacks) => Stacks;
  /** @throws ServerError of the meter */
  readonly union: (one: Stacks, other: Stacks, meter: Meter) => Stacks;
  /** How many sets and unions are remembered. */
  readonly size: () => number;
  /** Sets in use stay what they are; equal ones may be two objects from now on. */
  readonly forget: () => void;
}

export function createStackSets(): StackSets {
  const known = new Map<string, Stacks>();
  const unions = new Map<string, Stacks>();
  let made = 0;
  const setOf = (ends: boolean, tops: readonly number[], below: readonly Stacks[]): Stacks => {
    const key = `${ends ? '+' : ''}${tops.map((top, index) => `${top}:${below[index]!.id}`).join()}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    made += 1;
    const depth = below.reduce((deepest, each) => Math.max(deepest, each.depth + 1), 0);
    const set: Stacks = { id: made, depth, ends, tops, below };
    known.set(key, set);
    return set;
  };
  const merged = (one: Stacks, other: Stacks, meter: Meter): Stacks => {
    const tops: number[] = [];
    const below: Stacks[] = [];
    for (let i = 0, j = 0; i < one.tops.length || j < other.tops.length; ) {
      const [mine = Infinity, theirs = Infinity] = [one.tops[i], other.tops[j]];
      const beneath = [mine <= theirs ? one.below[i] : undefined, theirs <= mine ? other.below[j] : undefined];
      const [first, second] = beneath.filter((each) => each !== undefined);
      tops.push(Math.min(mine, theirs));
      below.push(second === undefined ? first! : union(first!, second, meter));
      if (mine <= theirs) i += 1;
      if (theirs <= mine) j += 1;
    }
    return setOf(one.ends || other.ends, tops, below);
  };
  const union = (one: Stacks, other: Stacks, meter: Meter): Stacks => {
    if (one === other) return one;
    const key = one.id < other.id ? `${one.id} ${other.id}` : `${other.id} ${one.id}`;
    const found = unions.get(key);
    if (found !== undefined) return found;
    meter.spend(1 + one.tops.length + other.tops.length);
    const set = merged(one, other, meter);
    unions.set(key, set);
    return set;
  };
  return {
    bottom: setOf(true, [], []),
    push: (node, below) => setOf(false, [node], [below]),
    union,
    size: () => known.size + unions.size,
    forget: () => {
      known.clear();
      unions.clear();
    },
  };
}
