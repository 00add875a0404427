// How far one sequence has come in the form that its answer must have: a grammar of llama.cpp and where it stands.
import { type Clock, ServerError, systemClock } from '../core/index.ts';
import type { Native, NativeGrammarState } from './native.ts';

export interface Form {
  /** The state moves on with every token that a sampler chooses under it. */
  readonly state: NativeGrammarState;
  readonly copy: () => NativeGrammarState;
  readonly allows: (token: number) => boolean;
  /** @throws Error for a token that the form forbids; the form is of no use then */
  readonly accept: (token: number) => void;
  /** Control tokens, which are no text: the grammar would take them by their names. */
  readonly bannedTokens: Uint32Array;
  /** Says how long the last token took. @throws ServerError when the form has become too much to follow */
  readonly took: (elapsedMs: number) => void;
}

/**
 * An ambiguous grammar may double its states with every character, so it is given up while that is still cheap. A slow
 * token may be a slow machine's or another row's doing; many states take long to copy as well, ordinary ones do not.
 */
const suspectTokenMs = 1000;
const maxCopyMs = 10;

export function createForm(options: {
  readonly native: Native;
  readonly state: NativeGrammarState;
  readonly bannedTokens: Uint32Array;
  readonly resume: readonly number[];
  readonly clock?: Clock;
}): Form {
  const { state, bannedTokens, resume, clock = systemClock } = options;
  const { grammars, model } = options.native;
  const accept = (token: number): void => {
    // An end token ends the form and is not part of it.
    if (!model.isEogToken(token)) grammars.accept(state, token);
  };
  for (const token of resume) accept(token);
  return {
    state,
    bannedTokens,
    accept,
    copy: () => grammars.copy(state),
    allows: (token) => grammars.allows(state, token),
    took: (elapsedMs) => {
      if (elapsedMs <= suspectTokenMs) return;
      const beganMs = clock.monotonicMs();
      grammars.copy(state);
      if (clock.monotonicMs() - beganMs <= maxCopyMs) return;
      throw new ServerError('invalid_request', "The answer's form became too ambiguous to follow.", {
        param: 'response_format',
      });
    },
  };
}
