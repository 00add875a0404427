// Proposes the next tokens of one sequence at a time with the draft model. Owns that model's cells and how many tokens
// are worth proposing; what becomes of a proposal is decided elsewhere.
import type { DraftModel } from './draft-model.ts';
import { createDraftPace, type DraftPace } from './draft-pace.ts';
import { answerLength, knownTokens, type Sequence } from './sequence.ts';
import { sharedPrefix } from './slots.ts';
import { createTokenSampler, type TokenSampler } from './token-sampler.ts';

export interface Drafter {
  readonly pace: DraftPace;
  /** At most `most` tokens; none while the draft model has not read what comes before, a chunk of which it reads. */
  propose(sequence: Sequence, most: number): Promise<number[]>;
  /** How many of the last proposal were taken: as long as all are, the next is longer. */
  note(taken: { readonly accepted: number; readonly proposed: number }): void;
}

const firstLength = 4;
const longest = 8;
const none: number[] = [];

export interface DrafterOptions {
  readonly draft: DraftModel;
  /** Of the model that is proposed to. */
  readonly vocabularySize: number;
  readonly log: (line: string) => void;
}

/** A draft model that fails is not asked again: answers go on without it. */
export function createDrafter(options: DrafterOptions): Drafter {
  const drafter = createFallibleDrafter(options);
  let failed = false;
  return {
    ...drafter,
    propose: async (sequence, most) => {
      if (failed) return none;
      try {
        return await drafter.propose(sequence, most);
      } catch (error) {
        failed = true;
        options.log(`the draft model is not used any more: ${error instanceof Error ? error.message : String(error)}`);
        return none;
      }
    },
  };
}

function createFallibleDrafter({ draft, vocabularySize }: DrafterOptions): Drafter {
  const { context } = draft.native;
  let kept = new Uint32Array(0);
  let length = firstLength;
  let drawing: { readonly sequence: Sequence; readonly sampler: TokenSampler } | null = null;

  const samplerOf = (sequence: Sequence): TokenSampler => {
    if (drawing?.sequence === sequence) return drawing.sampler;
    drawing?.sampler.dispose();
    drawing = { sequence, sampler: draftSampler(draft, sequence) };
    length = firstLength;
    return drawing.sampler;
  };

  const evaluate = async (tokens: Uint32Array, from: number): Promise<number> => {
    context.initBatch(tokens.length);
    const [logit = -1] = context.addToBatch(0, from, tokens, Uint32Array.of(tokens.length - 1));
    await context.decodeBatch();
    return logit;
  };

  /** Cells of the sequence's tokens alone. @returns how many there are */
  const cutTo = (known: Uint32Array): number => {
    const shared = Math.min(sharedPrefix(kept, known), known.length - 1);
    if (shared < kept.length) context.removeTokenCellsFromSequence(0, shared, -1);
    kept = kept.subarray(0, shared);
    return shared;
  };

  return {
    pace: createDraftPace(),
    propose: async (sequence, most) => {
      const known = knownTokens(sequence);
      if (known.length + longest > draft.contextLength) return none;
      const shared = cutTo(known);
      const read = known.slice(0, Math.min(known.length, shared + draft.chunkTokens));
      let logit = await evaluate(read.subarray(shared), shared);
      kept = read;
      if (read.length < known.length) return none;
      const sampler = samplerOf(sequence);
      const history = new Uint32Array(known.length + longest);
      history.set(known);
      const proposed: number[] = [];
      for (let at = known.length; proposed.length < Math.min(most, length); at += 1) {
        const position = answerLength(sequence) + proposed.length;
        const { tokenId } = await sampler.sample(logit, position, history.subarray(0, at));
        if (tokenId >= vocabularySize) break;
        proposed.push(tokenId);
        if (proposed.length === Math.min(most, length)) break;
        history[at] = tokenId;
        logit = await evaluate(history.slice(at, at + 1), at);
        kept = history.slice(0, at + 1);
      }
      return proposed;
    },
    note: ({ accepted, proposed }) => {
      length = accepted === proposed ? Math.min(longest, length + 1) : Math.max(1, accepted + 1);
    },
  };
}

/** Draws with the random numbers of the sequence's own sampler, so that like distributions give like tokens. */
function draftSampler(draft: DraftModel, { request }: Sequence): TokenSampler {
  const { native, vocabularySize, contextLength } = draft;
  const { logitBias, ...sampling } = request.sampling;
  return createTokenSampler({
    native,
    vocabularySize,
    contextLength,
    sampling: { ...sampling, logitBias: logitBias.filter(([token]) => token < vocabularySize) },
    topLogprobs: null,
    barred: null,
    form: null,
    textOf: String,
  });
}
