// Follows a program byte by byte. A place is all that may come next; places are the same object where they are equal, and
// remember where each byte leads, so that what is common is computed once for all answers.
import { furtherByte, leadByte, mayBecome, type PartialCharacter, reaches } from './character-bytes.ts';
import { maxNodes, nodeKind, type Program } from './compile-grammar.ts';
import type { Meter } from './meter.ts';
import { refusal } from './refusal.ts';
import { createStackSets, type StackSets, type Stacks } from './stacks.ts';

export interface Place {
  /** Whether the text may end here. */
  readonly ends: boolean;
  /** Nodes that take a character, or the rest of one. */
  readonly takers: readonly number[];
  readonly below: readonly Stacks[];
  /** Where bytes lead, as far as that is known; null: nowhere. */
  readonly known: (Place | null | undefined)[];
}

export interface Matcher {
  readonly start: (meter: Meter) => Place;
  /** Null where the byte may not come. @throws ServerError of the meter */
  readonly step: (place: Place, byte: number, meter: Meter) => Place | null;
}

/** Places that are remembered, each with up to 2 KB of where its bytes lead. */
const maxPlaces = 600;
const maxSets = 30_000;
/** Of what stands within something else, such as brackets. */
const maxDepth = 2000;
const newPlaceCost = 100;

export function createMatcher(program: Program): Matcher {
  const stacks = createStackSets();
  const places = new Map<string, Place>();

  /** Null where nothing may come and the text may not end. */
  const placeOf = ({ takers, ends }: Arrival, meter: Meter): Place | null => {
    if (takers.size === 0 && !ends) return null;
    const nodes = [...takers.keys()].sort((one, other) => one - other);
    const below = nodes.map((node) => takers.get(node)!);
    const key = `${ends ? '+' : ''}${nodes.map((node, index) => `${node}:${below[index]!.id}`).join()}`;
    const found = places.get(key);
    if (found !== undefined) return found;
    meter.spend(newPlaceCost);
    const place: Place = { ends, takers: nodes, below, known: [] };
    places.set(key, place);
    return place;
  };
  return {
    start: (meter) => {
      const place = placeOf(arrive(program, stacks, [[program.start, stacks.bottom]], meter), meter);
      if (place === null) throw refusal('No text can have this form.');
      return place;
    },
    step: (place, byte, meter) => {
      const known = place.known[byte];
      if (known !== undefined) return known;
      if (places.size > maxPlaces || stacks.size() > maxSets) {
        places.clear();
        stacks.forget();
      }
      meter.spend(place.takers.length);
      const reached = place.takers.flatMap((taker, index): Reached[] => {
        const node = nodeBehind(program, taker, byte);
        return node === null ? [] : [[node, place.below[index]!]];
      });
      const found = reached.length === 0 ? null : placeOf(arrive(program, stacks, reached, meter), meter);
      place.known[byte] = found;
      return found;
    },
  };
}

/** A node and what is beneath it. */
type Reached = readonly [node: number, below: Stacks];

interface Arrival {
  readonly takers: ReadonlyMap<number, Stacks>;
  readonly ends: boolean;
}

/** Everything that may come when these nodes are reached. A node that is no taker leads on to others at once. */
function arrive(
  { kinds, next, target }: Program,
  stacks: StackSets,
  reached: readonly Reached[],
  meter: Meter,
): Arrival {
  const takers = new Map<number, Stacks>();
  const seen = new Set<string>();
  const left = [...reached].reverse();
  let ends = false;
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const [node, below] = one;
    const key = `${node} ${below.id}`;
    if (seen.has(key)) continue;
    seen.add(key);
    meter.spend(1);
    if (below.depth > maxDepth) throw refusal(`The answer's form nests more than ${maxDepth} levels deep.`);
    const kind = node >= maxNodes ? nodeKind.take : kinds[node];
    if (kind === nodeKind.take) {
      const other = takers.get(node);
      takers.set(node, other === undefined ? below : stacks.union(other, below, meter));
    } else if (kind === nodeKind.call) {
      // Nothing is left to do behind a call that ends its rule.
      const rest = next[node]!;
      left.push([target[node]!, kinds[rest] === nodeKind.end ? below : stacks.push(rest, below)]);
    } else if (kind === nodeKind.fork) {
      left.push([target[node]!, below], [next[node]!, below]);
    } else {
      ends ||= below.ends;
      for (let index = below.tops.length - 1; index >= 0; index -= 1) {
        left.push([below.tops[index]!, below.below[index]!]);
      }
    }
  }
  return { takers, ends };
}

/** The node that is reached from a taker by a byte; null: none. */
function nodeBehind({ next, target, sets }: Program, taker: number, byte: number): number | null {
  const node = taker % maxNodes;
  const set = sets[target[node]!]!;
  if (taker < maxNodes && byte < 0x80) return reaches(set, byte, byte) ? next[node]! : null;
  const partial = taker < maxNodes ? leadByte(byte) : furtherByte(decoded(taker), byte);
  if (partial === null || !mayBecome(partial, set)) return null;
  return partial.missing === 0 ? next[node]! : node + encoded(partial);
}

/** A taker of the rest of a character is its node and what has come of the character, in one number. */
const encoded = ({ value, missing, length }: PartialCharacter): number =>
  maxNodes * (1 + 16 * value + 4 * (missing - 1) + (length - 1));

function decoded(taker: number): PartialCharacter {
  const code = Math.floor(taker / maxNodes) - 1;
  return { value: code >> 4, missing: ((code >> 2) & 3) + 1, length: (code & 3) + 1 };
}
