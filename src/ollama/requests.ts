// POST /api/chat and /api/generate: body → Generation, or the wish to load or unload a model. Pure.
import { z } from 'zod';
import {
  type AskedConstraint,
  type ChatInput,
  type Generation,
  type GenerationInput,
  ServerError,
  type Thinking,
} from '../core/index.ts';
import { constraintOf, maybe, parseBody, type RequestContext, refuseUnsupported } from '../openai/index.ts';
import { asksToUnload, keepAliveField } from './keep-alive.ts';
import { contentOf, imagesField, messagesField, type SentMessage, toolsField, toolsOf, turnsOf } from './messages.ts';
import { fromOllama } from './model-name.ts';
import { maxTokensOf, optionsField, refuseOtherOptions, samplingOf, stopsOf } from './options.ts';

const format = maybe(
  z.union([z.enum(['json', '']), z.record(z.string(), z.unknown())], 'must be "json" or a JSON Schema'),
);

const commonFields = {
  model: z.string().min(1).max(10_240),
  stream: maybe(z.boolean()),
  format,
  options: optionsField,
  think: maybe(z.union([z.boolean(), z.enum(['low', 'medium', 'high'])])),
  keep_alive: keepAliveField,
  logprobs: maybe(z.boolean()),
  top_logprobs: maybe(z.int().min(0).max(20)),
};
export const chatBody = z.object({ ...commonFields, messages: maybe(messagesField), tools: toolsField });
export const generateBody = z.object({
  ...commonFields,
  prompt: maybe(z.string()),
  system: maybe(z.string()),
  images: imagesField,
  raw: maybe(z.boolean()),
});
type Common = Omit<z.output<typeof chatBody>, 'messages' | 'tools'>;

const isBlank = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.length === 0);
const unsupported = {
  suffix: isBlank,
  template: isBlank,
  context: isBlank,
  width: isBlank,
  height: isBlank,
  steps: isBlank,
};

export interface OllamaRequest {
  /** As the client wrote it, and as it is answered. */
  readonly model: string;
  readonly stream: boolean;
  /** The model is to be unloaded, once there is an answer if one is asked for. */
  readonly unload: boolean;
  /** Undefined: nothing is to be said; the model is loaded, or unloaded. */
  readonly generation: Generation | undefined;
}

/** @throws ServerError `invalid_request`, naming the field. */
export function readChatRequest(body: unknown, context: RequestContext): OllamaRequest {
  refuseUnsupported(body, unsupported);
  const asked = parseBody(chatBody, body);
  const messages = (asked.messages ?? []) as readonly SentMessage[];
  const tools = toolsOf(asked.tools);
  const input: ChatInput = {
    kind: 'chat',
    messages: turnsOf(messages),
    ...(tools.length === 0 ? {} : { tools, toolChoice: 'auto' }),
    ...thinkingOf(asked),
  };
  return requestOf(asked, context, messages.length === 0 ? undefined : input);
}

/** @throws ServerError `invalid_request`, naming the field. */
export function readGenerateRequest(body: unknown, context: RequestContext): OllamaRequest {
  refuseUnsupported(body, unsupported);
  const asked = parseBody(generateBody, body);
  const { prompt = '', images = [], raw = false } = asked;
  const isEmpty = prompt === '' && images.length === 0;
  return requestOf(asked, context, isEmpty ? undefined : raw ? rawInput(asked) : chatInput(asked));
}

function chatInput(asked: z.output<typeof generateBody>): ChatInput {
  const { prompt = '', system = '', images } = asked;
  const turn = { role: 'user', content: contentOf(prompt, images) };
  return {
    kind: 'chat',
    messages: system === '' ? [turn] : [{ role: 'system', content: system }, turn],
    ...thinkingOf(asked),
  };
}

function rawInput({ prompt = '', images = [], system }: z.output<typeof generateBody>): GenerationInput {
  if (images.length === 0 && system === undefined) return { kind: 'text', text: prompt };
  const param = system === undefined ? 'images' : 'system';
  throw new ServerError('invalid_request', `"${param}" has no place in a "raw" prompt.`, { param });
}

function requestOf(asked: Common, context: RequestContext, input: GenerationInput | undefined): OllamaRequest {
  refuseOtherOptions(asked.options);
  return {
    model: asked.model,
    stream: asked.stream ?? true,
    unload: asksToUnload(asked.keep_alive),
    generation: input && generationOf(asked, context, input),
  };
}

const generationOf = (asked: Common, { requestId, priority }: RequestContext, input: GenerationInput): Generation => ({
  id: requestId,
  model: fromOllama(asked.model),
  input,
  sampling: samplingOf(asked.options),
  stop: stopsOf(asked.options),
  maxTokens: maxTokensOf(asked.options),
  topLogprobs: asked.logprobs === true ? (asked.top_logprobs ?? 0) : undefined,
  constraint: constraintIn(asked),
  priority,
});

function constraintIn({ format: asked }: Common): AskedConstraint | undefined {
  if (asked === undefined || asked === '') return undefined;
  return constraintOf(asked === 'json' ? { type: 'json_object' } : { type: 'json_schema', schema: asked }, 'format');
}

function thinkingOf({ think }: Common): { readonly thinking?: Thinking } {
  if (think === undefined) return {};
  return { thinking: typeof think === 'boolean' ? { enabled: think } : { enabled: true, effort: think } };
}
