// The vocabulary in the order of its tokens' bytes: what tokens have in common at their beginnings is followed once.
import type { Matcher, Place } from './grammar/matcher.ts';
import type { Meter } from './grammar/meter.ts';

export interface TokenOrder {
  /** The tokens that may not come at a place. @throws ServerError of the meter */
  readonly forbiddenAt: (matcher: Matcher, place: Place, meter: Meter) => Uint32Array;
}

/** Tokens that are looked at or sorted in one go: a few milliseconds. */
const tokensInOneGo = 2000;

/** `bytesOf` is empty for tokens that are no text; they are never allowed. Running answers have their turns meanwhile. */
export async function createTokenOrder(
  vocabularySize: number,
  bytesOf: (token: number) => Uint8Array,
): Promise<TokenOrder> {
  const pieces: Uint8Array[] = [];
  const byBeginning = new Map<number, number[]>();
  for (let token = 0; token < vocabularySize; token += 1) {
    const bytes = bytesOf(token);
    const beginning = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
    pieces.push(bytes);
    const others = byBeginning.get(beginning);
    if (others === undefined) byBeginning.set(beginning, [token]);
    else others.push(token);
    if (token % tokensInOneGo === 0) await othersTurn();
  }
  const order = new Uint32Array(vocabularySize);
  const shared = new Uint16Array(vocabularySize);
  let count = 0;
  for (const beginning of [...byBeginning.keys()].sort((one, other) => one - other)) {
    const tokens = byBeginning.get(beginning) ?? [];
    const goes = Math.floor((count + tokens.length) / tokensInOneGo) - Math.floor(count / tokensInOneGo);
    for (const token of tokens.sort((one, other) => Buffer.compare(pieces[one]!, pieces[other]!))) {
      order[count] = token;
      shared[count] = count === 0 ? 0 : sharedLength(pieces[order[count - 1]!]!, pieces[token]!);
      count += 1;
    }
    if (goes > 0) await othersTurn();
  }
  return { forbiddenAt: (matcher, place, meter) => forbiddenTokens({ pieces, order, shared }, matcher, place, meter) };
}

const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Ordered {
  readonly pieces: readonly Uint8Array[];
  readonly order: Uint32Array;
  /** How many bytes each has in common with the one before it. */
  readonly shared: Uint16Array;
}

function forbiddenTokens({ pieces, order, shared }: Ordered, matcher: Matcher, place: Place, meter: Meter) {
  const forbidden = new Uint32Array(order.length);
  let count = 0;
  // Where the first bytes of the token before led. What has more in common with it leads no further.
  const path: Place[] = [place];
  for (let index = 0; index < order.length; index += 1) {
    const bytes = pieces[order[index]!]!;
    const common = shared[index]!;
    if (common < path.length - 1) path.length = common + 1;
    let at = path.length - 1;
    let here: Place | null = common > at ? null : path[at]!;
    for (; here !== null && at < bytes.length; at += 1) {
      here = matcher.step(here, bytes[at]!, meter);
      if (here !== null) path.push(here);
    }
    if (here !== null && bytes.length > 0) continue;
    forbidden[count] = order[index]!;
    count += 1;
  }
  return forbidden.slice(0, count);
}

function sharedLength(one: Uint8Array, other: Uint8Array): number {
  const most = Math.min(one.length, other.length, 0xffff);
  let length = 0;
  while (length < most && one[length] === other[length]) length += 1;
  return length;
}
