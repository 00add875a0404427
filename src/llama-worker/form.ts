// How far one sequence has come in the form that its answer must have: where it stands in a grammar.
import type { Matcher, Place } from './grammar/matcher.ts';
import { createMeter, type Meter } from './grammar/meter.ts';

export interface Form {
  /** @throws ServerError when the form has become too much to follow, as do the others */
  readonly allows: (token: number) => boolean;
  /** @throws Error for a token that the form forbids */
  readonly accept: (token: number) => void;
  /** Control tokens, which are no text. They are forbidden everywhere. */
  readonly bannedTokens: Uint32Array;
  /** Every token that may not come now. */
  readonly forbidden: () => Uint32Array;
}

export interface FormOptions {
  readonly matcher: Matcher;
  readonly bytesOf: (token: number) => Uint8Array;
  readonly isEndToken: (token: number) => boolean;
  readonly bannedTokens: Uint32Array;
  /** End tokens, and control tokens that this form may write: each is asked for by itself. */
  readonly loneTokens: readonly number[];
  /** The tokens that may not come at a place, those without a text of their own among them. */
  readonly forbiddenAt: (place: Place, meter: Meter) => Uint32Array;
  /** Tokens that the answer has already. */
  readonly resume: readonly number[];
}

/** Steps of the matcher; an ordinary token takes ten that are new, an ordinary vocabulary a few thousand. */
const stepsPerToken = 300_000;
const stepsPerVocabulary = 3_000_000;

export function createForm(options: FormOptions): Form {
  const { matcher, bytesOf, isEndToken, bannedTokens, loneTokens } = options;
  let place = matcher.start(createMeter(stepsPerToken));
  const behind = (token: number, meter: Meter): Place | null => {
    const bytes = bytesOf(token);
    let reached: Place | null = bytes.length === 0 ? null : place;
    for (let index = 0; reached !== null && index < bytes.length; index += 1) {
      reached = matcher.step(reached, bytes[index]!, meter);
    }
    return reached;
  };
  const allows = (token: number): boolean =>
    isEndToken(token) ? place.ends : behind(token, createMeter(stepsPerToken)) !== null;
  const accept = (token: number): void => {
    // An end token ends the form and is not part of it.
    if (isEndToken(token)) return;
    const reached = behind(token, createMeter(stepsPerToken));
    if (reached === null) throw new Error('a token that the form of its answer forbids');
    place = reached;
  };
  for (const token of options.resume) accept(token);
  return {
    bannedTokens,
    allows,
    accept,
    forbidden: () => {
      const forbidden = options.forbiddenAt(place, createMeter(stepsPerVocabulary));
      const allowed = loneTokens.filter(allows);
      return allowed.length === 0 ? forbidden : forbidden.filter((token) => !allowed.includes(token));
    },
  };
}
