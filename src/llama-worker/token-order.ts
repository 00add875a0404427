// The vocabulary in the order of its tokens' bytes: what tokens have in common at their beginnings is followed once.
import type { Matcher, Place } from './grammar/matcher.ts';
import type { Meter } from './grammar/meter.ts';

export interface TokenOrder {
  /** The tokens that may not come at a place. @throws ServerError of the meter */
  readonly forbiddenAt: (matcher: Matcher, place: Place, meter: Meter) => Uint32Array;
}

/** `bytesOf` is empty for tokens that are no text; they are never allowed. */
export function createTokenOrder(vocabularySize: number, bytesOf: (token: number) => Uint8Array): TokenOrder {
  const pieces = Array.from({ length: vocabularySize }, (_, token) => bytesOf(token));
  const order = Uint32Array.from(pieces.keys()).sort((one, other) => Buffer.compare(pieces[one]!, pieces[other]!));
  const shared = Uint16Array.from(order, (token, index) =>
    index === 0 ? 0 : sharedLength(pieces[order[index - 1]!]!, pieces[token]!),
  );
  return {
    forbiddenAt: (matcher, place, meter) => {
      const forbidden = new Uint32Array(vocabularySize);
      let count = 0;
      // Where the first bytes of the token before led; it got no further than the last of these.
      const path: Place[] = [place];
      for (let index = 0; index < vocabularySize; index += 1) {
        const token = order[index]!;
        const bytes = pieces[token]!;
        const common = shared[index]!;
        let at = path.length - 1;
        if (common < at) path.length = (at = common) + 1;
        let here: Place | null = common > at ? null : path[at]!;
        for (; here !== null && at < bytes.length; at += 1) {
          here = matcher.step(here, bytes[at]!, meter);
          if (here !== null) path.push(here);
        }
        if (here === null || bytes.length === 0) {
          forbidden[count] = token;
          count += 1;
        }
      }
      return forbidden.slice(0, count);
    },
  };
}

function sharedLength(one: Uint8Array, other: Uint8Array): number {
  const most = Math.min(one.length, other.length, 0xffff);
  let length = 0;
  while (length < most && one[length] === other[length]) length += 1;
  return length;
}
