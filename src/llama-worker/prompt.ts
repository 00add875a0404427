// A request's input → token ids, with the model's own template and BOS rule. Evaluates nothing.
import { ServerError } from '../core/index.ts';
import type { Generate } from '../ipc/index.ts';
import type { ChatTemplate } from './chat-template.ts';
import { optionsOf, toolsOf, turnOf } from './chat-turns.ts';
import type { ClientText } from './client-text.ts';

type ChatInput = Extract<Generate['input'], { kind: 'chat' }>;

export interface PromptTokenizer {
  readonly tokenize: (text: string, parseSpecial: boolean) => Uint32Array;
  readonly vocabularySize: number;
  /** Null when the model has none or does not want it in front. */
  readonly bos: number | null;
  /** Null when the model brings no chat template. */
  readonly chatTemplate: ChatTemplate | null;
  readonly clientText: ClientText;
}

/** Tokenising holds up everything that runs, so a text that no context could hold is not even begun. */
const maxCharacters = 1024 * 1024;

/** Special tokens written in the text count as such, as with Hugging Face's tokenizers. BOS is never doubled. */
function fromText(tokenizer: PromptTokenizer, pieces: readonly string[], param: string): Uint32Array {
  const { bos } = tokenizer;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (length > maxCharacters) {
    throw new ServerError('context_length_exceeded', `The prompt has ${length} characters; this is too long.`, {
      param,
    });
  }
  const tokens = tokensOfPieces(tokenizer, pieces);
  return bos === null || tokens[0] === bos ? tokens : joined([Uint32Array.of(bos), tokens]);
}

const lead = '\n';

/**
 * A piece does not begin a text, so it gets no space in front, as some vocabularies would give it: it is tokenised
 * behind a line break whose tokens are taken away again.
 */
function tokensOfPieces({ tokenize }: PromptTokenizer, [first = '', ...others]: readonly string[]): Uint32Array {
  if (others.length === 0) return tokenize(first, true);
  const leading = tokenize(lead, true);
  const behindLead = (piece: string): Uint32Array => {
    const tokens = tokenize(lead + piece, true);
    return leading.every((token, index) => tokens[index] === token)
      ? tokens.subarray(leading.length)
      : tokenize(piece, true);
  };
  return joined([tokenize(first, true), ...others.map(behindLead)]);
}

/** Of text that stands inside another: no BOS, no space in front. Special tokens count as such. */
export const tokensWithin = (tokenizer: PromptTokenizer, text: string): number[] =>
  text === '' ? [] : [...tokensOfPieces(tokenizer, ['', text])];

function joined(lists: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(lists.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return all;
}

function chatPieces({ clientText }: PromptTokenizer, template: ChatTemplate, input: ChatInput): string[] {
  const options = optionsOf(input);
  const chat = { messages: input.messages.map(turnOf), tools: toolsOf(input) };
  return clientText.pieces(chat, (messages, tools) => template({ messages, tools, options }));
}

/** @throws ServerError invalid_request for an id that the model does not have */
export function checkTokenIds(tokenIds: readonly number[], vocabularySize: number, param = 'prompt'): void {
  const beyond = tokenIds.find((tokenId) => tokenId >= vocabularySize);
  if (beyond === undefined) return;
  throw new ServerError('invalid_request', `Token ${beyond} is beyond the vocabulary of ${vocabularySize} tokens.`, {
    param,
  });
}

/**
 * @throws ServerError model_unsupported (chat without a template), invalid_request (the template refused the messages,
 *   a token beyond the vocabulary, nothing to start from), context_length_exceeded (more text than any context holds)
 */
export function promptTokens(tokenizer: PromptTokenizer, input: Generate['input']): Uint32Array {
  const tokens = tokensOf(tokenizer, input);
  if (tokens.length > 0) return tokens;
  throw new ServerError('invalid_request', 'The prompt is empty.', { param: promptParam(input) });
}

/** As `promptTokens`, but the prompt may be empty. */
export function tokensOf(tokenizer: PromptTokenizer, input: Generate['input']): Uint32Array {
  switch (input.kind) {
    case 'chat': {
      if (tokenizer.chatTemplate !== null)
        return fromText(tokenizer, chatPieces(tokenizer, tokenizer.chatTemplate, input), promptParam(input));
      throw new ServerError('model_unsupported', 'This model has no chat template; it completes text only.', {
        param: 'messages',
      });
    }
    case 'text':
      return fromText(tokenizer, [input.text], promptParam(input));
    case 'tokens':
      checkTokenIds(input.tokenIds, tokenizer.vocabularySize);
      return Uint32Array.from(input.tokenIds);
  }
}

/** The request field that the prompt came from. */
export const promptParam = (input: Generate['input']): string => (input.kind === 'chat' ? 'messages' : 'prompt');
