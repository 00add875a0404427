// A request's input → token ids, with the model's own template and BOS rule. Evaluates nothing.
import { ServerError } from '../core/index.ts';
import type { Generate } from '../ipc/index.ts';
import type { ChatTemplate } from './chat-template.ts';

export interface PromptTokenizer {
  readonly tokenize: (text: string, parseSpecial: boolean) => Uint32Array;
  readonly vocabularySize: number;
  /** Null when the model has none or does not want it in front. */
  readonly bos: number | null;
  /** Null when the model brings no chat template. */
  readonly chatTemplate: ChatTemplate | null;
}

/** Tokenising holds up everything that runs, so a text that no context could hold is not even begun. */
const maxCharacters = 1024 * 1024;

/** Special tokens written in the text count as such, as with Hugging Face's tokenizers. BOS is never doubled. */
function fromText({ tokenize, bos }: PromptTokenizer, text: string, param: string): Uint32Array {
  if (text.length > maxCharacters) {
    throw new ServerError('context_length_exceeded', `The prompt has ${text.length} characters; this is too long.`, {
      param,
    });
  }
  const tokens = tokenize(text, true);
  if (bos === null || tokens[0] === bos) return tokens;
  const withBos = new Uint32Array(tokens.length + 1);
  withBos[0] = bos;
  withBos.set(tokens, 1);
  return withBos;
}

/** @throws ServerError invalid_request, param `prompt`, for an id that the model does not have */
export function checkTokenIds(tokenIds: readonly number[], vocabularySize: number): void {
  const beyond = tokenIds.find((tokenId) => tokenId >= vocabularySize);
  if (beyond === undefined) return;
  throw new ServerError('invalid_request', `Token ${beyond} is beyond the vocabulary of ${vocabularySize} tokens.`, {
    param: 'prompt',
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

function tokensOf(tokenizer: PromptTokenizer, input: Generate['input']): Uint32Array {
  switch (input.kind) {
    case 'chat': {
      if (tokenizer.chatTemplate !== null)
        return fromText(tokenizer, tokenizer.chatTemplate(input.messages), promptParam(input));
      throw new ServerError('model_unsupported', 'This model has no chat template; it completes text only.', {
        param: 'messages',
      });
    }
    case 'text':
      return fromText(tokenizer, input.text, promptParam(input));
    case 'tokens':
      checkTokenIds(input.tokenIds, tokenizer.vocabularySize);
      return Uint32Array.from(input.tokenIds);
  }
}

/** The request field that the prompt came from. */
export const promptParam = (input: Generate['input']): string => (input.kind === 'chat' ? 'messages' : 'prompt');
