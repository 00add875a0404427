// POST /v1/messages and /v1/messages/count_tokens: body → Generation. Unknown fields are read over, so that clients with
// beta fields run. Pure.
import { z } from 'zod';
import type { ChatInput, ChatMessage, Generation } from '../core/index.ts';
import { type CompletionRequest, maybe, parseBody, type RequestContext, refuseUnsupported } from '../openai/index.ts';
import { messageList, systemText } from './blocks.ts';
import { answerForm, outputFields, thinkingOf } from './output-fields.ts';
import { toolFields, toolsOf } from './tool-fields.ts';
import { turnsOf } from './turns.ts';

const inputFields = {
  model: z.string().max(10_240),
  messages: messageList,
  system: maybe(systemText),
  ...toolFields,
  ...outputFields,
};

const stopSequence = z.string().max(512).regex(/\S/, 'must hold more than blanks');

export const messagesBody = z.object({
  ...inputFields,
  max_tokens: z
    .int()
    .min(1)
    .max(2 ** 31 - 1),
  stop_sequences: maybe(z.array(z.unknown()).max(64).pipe(z.array(stopSequence))),
  temperature: maybe(z.number().min(0).max(1)),
  top_p: maybe(z.number().gt(0).max(1)),
  top_k: maybe(z.int().min(0).max(1_000_000)),
  stream: maybe(z.boolean()),
  metadata: maybe(z.object({ user_id: maybe(z.string().max(256)) })),
  service_tier: maybe(z.enum(['auto', 'standard_only'])),
});
export const countBody = z.object(inputFields);

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
const unsupported = { mcp_servers: isEmptyList, container: () => false, fallbacks: isEmptyList };

/** @throws ServerError `invalid_request`, naming the field. */
export function readMessagesRequest(body: unknown, { requestId, priority }: RequestContext): CompletionRequest {
  refuseUnsupported(body, unsupported);
  const sent = parseBody(messagesBody, body);
  const generation: Generation = {
    id: requestId,
    model: sent.model,
    input: inputOf(sent),
    sampling: { temperature: sent.temperature, topP: sent.top_p, topK: sent.top_k },
    stop: sent.stop_sequences ?? [],
    maxTokens: sent.max_tokens,
    topLogprobs: undefined,
    constraint: answerForm(sent),
    priority,
  };
  return { stream: sent.stream === true, includeUsage: false, generations: [generation] };
}

/** The chat whose prompt is to be counted. @throws ServerError `invalid_request` */
export function readCountRequest(body: unknown): { readonly model: string; readonly chat: ChatInput } {
  refuseUnsupported(body, unsupported);
  const sent = parseBody(countBody, body);
  return { model: sent.model, chat: inputOf(sent) };
}

function inputOf(sent: z.output<typeof countBody>): ChatInput {
  const system = systemOf(sent.system);
  const turns = turnsOf(sent.messages);
  const thinking = thinkingOf(sent);
  return {
    kind: 'chat',
    messages: system === '' ? turns : [{ role: 'system', content: system } satisfies ChatMessage, ...turns],
    ...toolsOf(sent),
    ...(thinking === undefined ? {} : { thinking }),
  };
}

/**
 * Some coding agents put a line for Anthropic's accounts first, different in every request; a prompt that begins with it
 * would never be found in the prefix cache.
 */
const accountLine = /^x-anthropic-billing-header:/;

function systemOf(system: z.output<typeof countBody>['system']): string {
  if (system === undefined || typeof system === 'string') return system ?? '';
  const texts = system.map(({ text }) => text);
  return texts.filter((text) => !accountLine.test(text)).join('\n');
}
