// POST /v1/chat/completions: body → Generations, one a choice. Pure.
import { z } from 'zod';
import type { ChatInput, ChatMessage, Generation, ImagePart, TextPart } from '../core/index.ts';
import { ServerError } from '../core/index.ts';
import { toEnding } from './ending-fields.ts';
import { listOf } from './list-of.ts';
import { refusalsOf } from './options.ts';
import { parseBody } from './parse-body.ts';
import {
  commonFields,
  maybe,
  type RequestContext,
  refuseUnsupported,
  samplingOfChoice,
  toSampling,
  toStopList,
} from './request-fields.ts';
import { constraintFields, readConstraint } from './response-format.ts';
import {
  checkTurns,
  holdsCallsToForm,
  refuseOldFields,
  toMessageTools,
  toolFields,
  toolMessageFields,
  toToolInput,
} from './tool-fields.ts';

const textPart = z.object({ type: z.literal('text'), text: z.string() });
/** `detail` is OpenAI's price list; here VISION_MAX_DIMENSION rules. Some clients send the URL itself. */
const imageUrl = z.union([z.string(), z.object({ url: z.string(), detail: maybe(z.string().max(64)) })]);
const imagePart = z.object({ type: z.literal('image_url'), image_url: imageUrl });
const otherPart = z.object({
  type: z
    .string()
    .refine((type) => type !== 'text', 'needs a "text"')
    .refine((type) => type !== 'image_url', 'needs an "image_url" with a "url"')
    .meta({ not: { enum: ['text', 'image_url'] } }),
});
const part = z.union([textPart, imagePart, otherPart]);
type Part = z.output<typeof part>;
const content = z.union([z.string(), listOf(part, 1000)]);

const message = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: maybe(content),
  name: maybe(z.string().max(256)),
  ...toolMessageFields,
});

type Message = z.output<typeof message>;

export const messageList = listOf(message, 10_000, 'at least one message is needed');

/** What a request may say; the API's document is printed from it. */
export const chatBody = z.object({
  ...commonFields,
  messages: messageList,
  max_completion_tokens: commonFields.max_tokens,
  logprobs: maybe(z.boolean()),
  top_logprobs: maybe(z.int().min(0).max(20)),
  ...toolFields,
  ...constraintFields,
});

const unsupported = refusalsOf('chat');

export interface CompletionRequest {
  readonly stream: boolean;
  /** A last chunk with the usage is wanted. */
  readonly includeUsage: boolean;
  /** One a choice, in the order of the choices. */
  readonly generations: readonly Generation[];
}

/** @throws ServerError `invalid_request` or `model_unsupported`, naming the field. */
export function readChatRequest(body: unknown, { requestId, priority }: RequestContext): CompletionRequest {
  refuseUnsupported(body, unsupported);
  refuseOldFields(body);
  const chat = parseBody(chatBody, body);
  if (chat.top_logprobs !== undefined && chat.logprobs !== true) {
    throw new ServerError('invalid_request', '"top_logprobs" needs "logprobs": true.', { param: 'top_logprobs' });
  }
  const sampling = toSampling(chat);
  checkTurns(chat.messages);
  const maxTokens = chat.max_completion_tokens ?? chat.max_tokens;
  const input = { ...chatInputOf(chat.messages), ...toToolInput(chat) }; // One object: one prompt.
  const constraint = readConstraint(body);
  const ending = toEnding(chat, { maxTokens, hasForm: constraint !== undefined || holdsCallsToForm(chat) });
  const choices = Array.from({ length: chat.n ?? 1 }, (_, index) => index);
  return {
    stream: chat.stream === true,
    includeUsage: chat.stream_options?.include_usage === true,
    generations: choices.map((index) => ({
      id: choices.length === 1 ? requestId : `${requestId}-${index}`,
      model: chat.model,
      input,
      sampling: samplingOfChoice(sampling, index),
      stop: toStopList(chat.stop),
      maxTokens,
      ending,
      topLogprobs: chat.logprobs === true ? (chat.top_logprobs ?? 0) : undefined,
      constraint,
      priority,
    })),
  };
}

/** The chat that a request's messages are. */
export const chatInputOf = (messages: z.output<typeof messageList>): ChatInput => ({
  kind: 'chat',
  messages: messages.map(toChatMessage),
});

/** `developer` is what newer clients call `system`. */
function toChatMessage(message: Message, index: number): ChatMessage {
  const { role, name } = message;
  return {
    role: role === 'developer' ? 'system' : role,
    content: contentOf(message, index),
    name,
    ...toMessageTools(message, index),
  };
}

/** An assistant that has called tools, or thought, need not have said anything. */
function contentOf({ role, content }: Message, index: number): ChatMessage['content'] {
  if (typeof content === 'string') return content;
  if (content !== undefined) return toContent(content.map((part) => toPart(part, index)));
  if (role === 'assistant') return '';
  const param = `messages[${index}].content`;
  throw new ServerError('invalid_request', `"${param}" is needed: a text or a list of parts.`, { param });
}

/** Text parts alone are joined by a line break; beside an image each keeps its place. */
function toContent(parts: readonly (TextPart | ImagePart)[]): ChatMessage['content'] {
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return texts.length === parts.length ? texts.join('\n') : parts;
}

function toPart(part: Part, index: number): TextPart | ImagePart {
  if ('text' in part) return { type: 'text', text: part.text };
  if ('image_url' in part) {
    const { image_url: named } = part;
    return { type: 'image', source: typeof named === 'string' ? named : named.url };
  }
  const text = `Parts of type ${JSON.stringify(part.type.slice(0, 64))} are not supported by this model.`;
  throw new ServerError('model_unsupported', text, { param: `messages[${index}].content` });
}
