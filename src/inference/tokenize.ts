// Text ↔ tokens of a model, without its weights: what the prompt of a request would be, and how long.
import type { ChatInput, Generation, GenerationInput } from '../core/index.ts';
import type { ImageRoad } from '../images/index.ts';
import type { Catalogue, ReadAnswerWording } from '../models/index.ts';
import { inputOf } from './order.ts';
import { planOf } from './plan-of.ts';
import type { AskedBy, QuestionDesk } from './question-desk.ts';
import { createRequestImages } from './request-images.ts';

export interface Tokenized {
  readonly model: string;
  readonly tokenIds: readonly number[];
  /** Tokens of prompt and answer together that the model was made for. */
  readonly contextLength: number;
}

interface TokenizeRequest extends AskedBy {
  readonly requestId: string;
  /** Text gets the model's usual special tokens; a chat has those of its template. */
  readonly addSpecial: boolean;
}

interface DetokenizeRequest extends AskedBy {
  readonly requestId: string;
}

export interface Tokenizers {
  tokenize(model: string | undefined, input: GenerationInput, request: TokenizeRequest): Promise<Tokenized>;
  detokenize(model: string | undefined, tokenIds: readonly number[], request: DetokenizeRequest): Promise<string>;
  /** Tokens of the prompt that a chat becomes, as `usage.prompt_tokens` will count them. */
  countTokens(model: string | undefined, chat: ChatInput, request: DetokenizeRequest): Promise<number>;
}

export interface TokenizersParts {
  readonly catalogue: Catalogue;
  readonly images: ImageRoad;
  readonly desk: QuestionDesk;
  readonly wordingOf: ReadAnswerWording;
}

/** All throw ServerError, or `signal.reason` once the caller left. */
export function createTokenizers({ catalogue, images, desk, wordingOf }: TokenizersParts): Tokenizers {
  const prepareImages = createRequestImages(images, () => {});

  const tokenize: Tokenizers['tokenize'] = async (name, input, { requestId: id, addSpecial, signal }) => {
    const model = await catalogue.resolve(name);
    const named: Pick<Generation, 'id' | 'input'> = { id, input };
    const plan = await planOf(named, model, wordingOf);
    const prepared = await prepareImages(named, model, signal);
    const question = { type: 'tokenize', id, input: inputOf(input, prepared, plan), addSpecial } as const;
    const told = await desk.ask(model, question, { signal });
    if (told.type !== 'tokens') throw new Error(`a worker answered tokenize with ${told.type}`);
    return { model: model.id, tokenIds: told.tokenIds, contextLength: told.ready.contextLength };
  };
  return {
    tokenize,
    async detokenize(name, tokenIds, { requestId: id, signal }) {
      const model = await catalogue.resolve(name);
      const told = await desk.ask(model, { type: 'detokenize', id, tokenIds: [...tokenIds] }, { signal });
      if (told.type !== 'text') throw new Error(`a worker answered detokenize with ${told.type}`);
      return told.text;
    },
    countTokens: async (name, chat, request) =>
      (await tokenize(name, chat, { ...request, addSpecial: true })).tokenIds.length,
  };
}
