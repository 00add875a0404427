// A response and its items in OpenAI's words.
import type { SampledLogprob, ServerError, TokenLogprob, Usage } from '../../core/index.ts';
import type { AnswerBlock, AnswerBlocks, CallBlock, TextBlock, ThoughtBlock } from '../answer-blocks.ts';
import { wrapThoughts } from './thoughts.ts';

export interface ResponseSpec {
  /** What the response repeats of its request. */
  readonly echo: Readonly<Record<string, unknown>>;
  /** Thoughts are told as a summary: clients that ask for one read nothing else. It is all that the model thought. */
  readonly summarised: boolean;
  /** Thoughts come along in a form that a client can send back. */
  readonly wrapped: boolean;
}

export interface ResponseHead {
  readonly id: string;
  readonly createdSeconds: number;
  readonly model: string;
  readonly spec: ResponseSpec;
}

export type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';
type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

const encoder = new TextEncoder();
const tokenBody = ({ text, logprob }: TokenLogprob) => ({ token: text, logprob, bytes: [...encoder.encode(text)] });

export const logprobBodies = (entries: readonly SampledLogprob[]): object[] =>
  entries.map((entry) => ({ ...tokenBody(entry), top_logprobs: entry.top.map(tokenBody) }));

const prefixes = { text: 'msg', thought: 'rs', call: 'fc' } as const;

/** Item `index` of response `resp_X` is `msg_X_index`, or as its kind is called: the id tells where it is kept. */
export const itemId = (responseId: string, { type }: AnswerBlock, index: number): string =>
  `${prefixes[type]}_${responseId.replace(/^resp_/, '')}_${index}`;

/** The response whose input or output holds the item that was given `id` here. */
export function responseOfItem(id: string): string | undefined {
  const match = /^(?:msg|rs|fc|fco)_([0-9a-f]{24})_(?:in)?\d{1,6}$/.exec(id);
  return match === null ? undefined : `resp_${match[1]}`;
}

export const textPart = ({ text, logprobs }: Pick<TextBlock, 'text' | 'logprobs'>) => ({
  type: 'output_text',
  text,
  annotations: [],
  logprobs: logprobBodies(logprobs),
});

export const thoughtPart = (text: string, { summarised }: ResponseSpec) => ({
  type: summarised ? 'summary_text' : 'reasoning_text',
  text,
});

/** Output item `index` as it stands; without its content where it has only begun. */
export function itemBody(head: ResponseHead, index: number, block: AnswerBlock, status: ItemStatus): object {
  const id = itemId(head.id, block, index);
  const hasBegun = status === 'in_progress';
  switch (block.type) {
    case 'text':
      return { id, type: 'message', status, role: 'assistant', content: hasBegun ? [] : [textPart(block)] };
    case 'call':
      return callBody(id, block, status);
    case 'thought':
      return { id, type: 'reasoning', status, ...thoughtBody(head.spec, block, hasBegun) };
  }
}

const callBody = (id: string, { id: call_id, name, text }: CallBlock, status: ItemStatus): object => ({
  id,
  type: 'function_call',
  status,
  call_id,
  name,
  arguments: status === 'in_progress' ? '' : text,
});

function thoughtBody(spec: ResponseSpec, { text }: ThoughtBlock, hasBegun: boolean): object {
  const parts = hasBegun ? [] : [thoughtPart(text, spec)];
  return {
    ...(spec.summarised ? { summary: parts } : { summary: [], content: parts }),
    ...(spec.wrapped ? { encrypted_content: hasBegun ? '' : wrapThoughts(text) } : {}),
  };
}

const usageBody = ({ promptTokens, cachedTokens, completionTokens }: Usage, thoughtTokens: number) => ({
  input_tokens: promptTokens,
  input_tokens_details: { cached_tokens: cachedTokens },
  output_tokens: completionTokens,
  output_tokens_details: { reasoning_tokens: thoughtTokens },
  total_tokens: promptTokens + completionTokens,
});

export interface ResponseState {
  readonly status: ResponseStatus;
  readonly answer: AnswerBlocks;
  readonly usage: Usage | null;
  readonly error: ServerError | null;
}

export type ResponseBody = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly status: ResponseStatus;
  readonly output: readonly object[];
};

export function responseBody(head: ResponseHead, { status, answer, usage, error }: ResponseState): ResponseBody {
  const isWhole = status === 'completed';
  const last = answer.blocks.length - 1;
  return {
    id: head.id,
    object: 'response',
    created_at: head.createdSeconds,
    status,
    error: error === null ? null : { code: 'server_error', message: error.message },
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    model: head.model,
    output: answer.blocks.map((block, index) =>
      itemBody(head, index, block, isWhole || index < last ? 'completed' : 'incomplete'),
    ),
    usage: usage === null ? null : usageBody(usage, answer.thoughtTokens),
    ...head.spec.echo,
  };
}
