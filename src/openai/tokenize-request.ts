// POST /tokenize and /detokenize: the bodies of vLLM and of llama.cpp's server → what is to be counted. Pure.
import { z } from 'zod';
import { type GenerationInput, ServerError } from '../core/index.ts';
import { chatInputOf, messageList } from './chat-request.ts';
import { parseBody } from './parse-body.ts';
import { maybe, refuseUnsupported, tokenIds } from './request-fields.ts';

const name = maybe(z.string().max(10_240));
const text = maybe(z.string());

export const tokenizeBody = z.object({
  model: name,
  prompt: text,
  content: text,
  messages: messageList.optional(),
  add_special_tokens: maybe(z.boolean()),
  add_special: maybe(z.boolean()),
});

export const detokenizeBody = z.object({ model: name, tokens: tokenIds });

/** What the two servers know and this one does not: refused by name unless it asks for what happens anyway. */
const unsupported = {
  add_generation_prompt: (value: unknown) => value === true,
  continue_final_message: (value: unknown) => value === false,
  parse_special: (value: unknown) => value === true,
  with_pieces: (value: unknown) => value === false,
  return_token_strs: (value: unknown) => value === false,
  chat_template: () => false,
  chat_template_kwargs: () => false,
  tools: (value: unknown) => Array.isArray(value) && value.length === 0,
};

export interface TokenizeRequest {
  readonly model: string | undefined;
  readonly input: GenerationInput;
  readonly addSpecial: boolean;
}

/** @throws ServerError `invalid_request`, naming the field. */
export function readTokenizeRequest(body: unknown): TokenizeRequest {
  refuseUnsupported(body, unsupported);
  const { model, prompt, content, messages, ...flags } = parseBody(tokenizeBody, body);
  const given = [prompt, content, messages].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new ServerError('invalid_request', 'Give one of "prompt", "content" and "messages".', { param: 'prompt' });
  }
  if (messages !== undefined) return { model, input: chatInputOf(messages), addSpecial: false };
  // llama.cpp's `content` adds none unless told to; vLLM's `prompt` does.
  const usual = prompt !== undefined;
  const addSpecial = flags.add_special_tokens ?? flags.add_special ?? usual;
  return { model, input: { kind: 'text', text: prompt ?? content ?? '' }, addSpecial };
}

export interface DetokenizeRequest {
  readonly model: string | undefined;
  readonly tokenIds: readonly number[];
}

/** @throws ServerError `invalid_request`, naming the field. */
export function readDetokenizeRequest(body: unknown): DetokenizeRequest {
  const { model, tokens } = parseBody(detokenizeBody, body);
  return { model, tokenIds: tokens };
}

/** In vLLM's words; llama.cpp's clients read `tokens` alone. */
export const tokenizeBodyOf = (told: { readonly tokenIds: readonly number[]; readonly contextLength: number }) => ({
  count: told.tokenIds.length,
  max_model_len: told.contextLength,
  tokens: told.tokenIds,
});

/** vLLM calls it `prompt`, llama.cpp `content`. */
export const detokenizeBodyOf = (told: string) => ({ prompt: told, content: told });
