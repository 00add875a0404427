// POST /v1/responses: body → what is to be generated, kept and shown. Pure: what came before is given by the caller.
import { z } from 'zod';
import { type AskedConstraint, type Generation, ServerError, type Thinking } from '../../core/index.ts';
import { serviceTier } from '../accepted-fields.ts';
import { parseBody } from '../parse-body.ts';
import { maybe, type RequestContext, refuseUnsupported, samplingFields, toSampling } from '../request-fields.ts';
import { constraintOf } from '../response-format.ts';
import { itemTurns } from './item-turns.ts';
import { type Item, inputItems, type SentItem } from './items.ts';
import type { ResponseSpec } from './response-body.ts';
import { toolFields, toolsOf } from './tool-fields.ts';

const logprobsIncluded = 'message.output_text.logprobs';
const thoughtsIncluded = 'reasoning.encrypted_content';

/** Most of them speak of hosted tools, of which there is never anything to include. */
const includable = z.enum([
  logprobsIncluded,
  thoughtsIncluded,
  'message.input_image.image_url',
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
]);

export const responsesBody = z.object({
  model: maybe(z.string().max(10_240)),
  input: inputItems,
  instructions: maybe(z.string()),
  ...samplingFields,
  ...toolFields,
  max_output_tokens: maybe(
    z
      .int()
      .min(1)
      .max(2 ** 31 - 1),
  ),
  metadata: maybe(
    z
      .unknown()
      .refine((value) => typeof value !== 'object' || Object.keys(value ?? {}).length <= 16, 'at most 16 entries')
      .pipe(z.record(z.string().max(64), z.string().max(512))),
  ),
  reasoning: maybe(
    z.object({
      effort: maybe(z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])),
      summary: maybe(z.enum(['auto', 'concise', 'detailed'])),
    }),
  ),
  text: maybe(
    z.object({ format: maybe(z.looseObject({ type: z.string().max(64) })), verbosity: maybe(z.literal('medium')) }),
  ),
  include: maybe(z.array(z.unknown()).max(16).pipe(z.array(includable))),
  top_logprobs: maybe(z.int().min(0).max(20)),
  stream: maybe(z.boolean()),
  background: maybe(z.boolean()),
  store: maybe(z.boolean()),
  previous_response_id: maybe(z.string().max(256)),
  truncation: maybe(z.literal('disabled')),
  service_tier: serviceTier,
  user: maybe(z.string().max(512)),
  safety_identifier: maybe(z.string().max(512)),
  prompt_cache_key: maybe(z.string().max(512)),
});
type ResponsesBody = z.output<typeof responsesBody>;

const never = (): boolean => false;
const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
const unsupported = {
  conversation: never,
  prompt: never,
  moderation: never,
  context_management: isEmpty,
  n: (value: unknown) => value === 1,
};

export interface ResponsesRequest {
  readonly stream: boolean;
  readonly background: boolean;
  readonly store: boolean;
  readonly previousId: string | undefined;
  /** What this request adds to the conversation, references not yet looked up. */
  readonly sent: readonly SentItem[];
  readonly spec: ResponseSpec;
  /** The order for an answer to `items`: all of the conversation, what was sent now included. */
  generation(items: readonly Item[]): Generation;
}

/** @throws ServerError `invalid_request`, naming the field. */
export function readResponsesRequest(body: unknown, { requestId, priority }: RequestContext): ResponsesRequest {
  refuseUnsupported(body, unsupported);
  const asked = parseBody(responsesBody, body);
  const constraint = constraintIn(asked);
  const tools = toolsOf(asked);
  const thinking = thinkingOf(asked);
  const store = asked.store ?? true;
  if (asked.background === true && !store) {
    throw new ServerError('invalid_request', '"background" needs "store": true.', { param: 'background' });
  }
  const withLogprobs = asked.include?.includes(logprobsIncluded) === true || (asked.top_logprobs ?? 0) > 0;
  return {
    stream: asked.stream === true,
    background: asked.background === true,
    store,
    previousId: asked.previous_response_id,
    sent: withIds(itemsOf(asked.input), requestId.slice(4)),
    spec: {
      echo: echoOf(body as Record<string, unknown>, { ...asked, store }),
      summarised: asked.reasoning?.summary !== undefined,
      wrapped: asked.include?.includes(thoughtsIncluded) === true,
    },
    generation: (items) => ({
      id: requestId,
      model: asked.model,
      input: {
        kind: 'chat',
        messages: itemTurns(asked.instructions, items),
        ...tools,
        ...(thinking === undefined ? {} : { thinking }),
      },
      sampling: toSampling(asked),
      stop: [],
      maxTokens: asked.max_output_tokens,
      topLogprobs: withLogprobs ? (asked.top_logprobs ?? 0) : undefined,
      constraint,
      priority,
    }),
  };
}

const itemsOf = (input: ResponsesBody['input']): readonly SentItem[] =>
  typeof input === 'string'
    ? [
        {
          type: 'message',
          id: undefined,
          role: 'user',
          status: undefined,
          content: [{ type: 'input_text', text: input }],
        },
      ]
    : input;

const prefixes = { message: 'msg', function_call: 'fc', function_call_output: 'fco', reasoning: 'rs' } as const;

/** Each item gets an id by which it can be listed. */
const withIds = (items: readonly SentItem[], suffix: string): readonly SentItem[] =>
  items.map((item, index) =>
    item.id === undefined && item.type !== 'item_reference'
      ? { ...item, id: `${prefixes[item.type]}_${suffix}_in${index}` }
      : item,
  );

function constraintIn({ text }: ResponsesBody): AskedConstraint | undefined {
  const format = text?.format;
  if (format?.type === 'json_schema' && typeof format.schema !== 'object') {
    throw new ServerError('invalid_request', '"text.format.schema" must be an object.', {
      param: 'text.format.schema',
    });
  }
  return constraintOf(format, 'text.format');
}

function thinkingOf({ reasoning }: ResponsesBody): Thinking | undefined {
  const effort = reasoning?.effort;
  if (effort === undefined) return undefined;
  return effort === 'none' ? { enabled: false } : { effort };
}

/** What the response repeats of its request. */
const echoOf = (body: Record<string, unknown>, asked: ResponsesBody) => ({
  background: asked.background ?? false,
  instructions: asked.instructions ?? null,
  max_output_tokens: asked.max_output_tokens ?? null,
  metadata: asked.metadata ?? {},
  parallel_tool_calls: asked.parallel_tool_calls ?? true,
  previous_response_id: asked.previous_response_id ?? null,
  prompt_cache_key: asked.prompt_cache_key ?? null,
  reasoning: { effort: asked.reasoning?.effort ?? null, summary: asked.reasoning?.summary ?? null },
  safety_identifier: asked.safety_identifier ?? null,
  service_tier: 'default',
  store: asked.store,
  temperature: asked.temperature ?? null,
  text: { format: asked.text?.format ?? { type: 'text' }, verbosity: 'medium' },
  tool_choice: body.tool_choice ?? 'auto',
  tools: body.tools ?? [],
  top_logprobs: asked.top_logprobs ?? 0,
  top_p: asked.top_p ?? null,
  truncation: 'disabled',
  user: asked.user ?? null,
});
