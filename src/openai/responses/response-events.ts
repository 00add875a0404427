// The events of a growing response, in order and numbered. What is asked of it in one order gives one sequence; a reader
// who comes later and reads from a number on misses nothing.
import type { GenerationEnd, ServerError, TokenDelta } from '../../core/index.ts';
import { type AnswerBlock, addToBlocks, type BlockStep, closeBlocks, emptyBlocks } from '../answer-blocks.ts';
import {
  itemBody,
  itemId,
  logprobBodies,
  type ResponseBody,
  type ResponseHead,
  type ResponseStatus,
  responseBody,
  textPart,
  thoughtPart,
} from './response-body.ts';

export interface ResponseEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly [key: string]: unknown;
}

export interface ResponseTeller {
  /** The response as it stands. */
  body(status?: ResponseStatus): ResponseBody;
  /** It exists. */
  created(): ResponseEvent[];
  /** The model works on it. */
  started(): ResponseEvent[];
  delta(delta: TokenDelta): ResponseEvent[];
  end(end: GenerationEnd): ResponseEvent[];
  fail(error: ServerError): ResponseEvent[];
  cancel(): ResponseEvent[];
}

type Told = { readonly type: string; readonly [key: string]: unknown };

export function createResponseTeller(
  head: ResponseHead,
  first: 'queued' | 'in_progress' = 'in_progress',
): ResponseTeller {
  const answer = emptyBlocks();
  let status: ResponseStatus = first;
  let usage: GenerationEnd['usage'] | null = null;
  let error: ServerError | null = null;
  let number = 0;
  const numbered = (events: readonly Told[]): ResponseEvent[] =>
    events.map(({ type, ...rest }) => ({ type, sequence_number: number++, ...rest }));
  const body = (as: ResponseStatus = status): ResponseBody => responseBody(head, { status: as, answer, usage, error });
  const about = (event: string): Told => ({ type: `response.${event}`, response: body() });

  return {
    body,
    created: () => numbered([about('created')]),
    started() {
      status = 'in_progress';
      return numbered([about('in_progress')]);
    },
    delta: (delta) => numbered(addToBlocks(answer, delta).flatMap((step) => eventsOf(head, step, 'completed'))),
    end(end) {
      status =
        end.finishReason === 'length' ? 'incomplete' : end.finishReason === 'cancelled' ? 'cancelled' : 'completed';
      usage = end.usage;
      const itemStatus = status === 'completed' ? 'completed' : 'incomplete';
      const closing = closeBlocks(answer).flatMap((step) => eventsOf(head, step, itemStatus));
      return numbered([...closing, about(lastEvent(status))]);
    },
    fail(cause) {
      status = 'failed';
      error = cause;
      return numbered([about('failed')]);
    },
    cancel() {
      status = 'cancelled';
      return numbered([about(lastEvent(status))]);
    },
  };
}

/** Clients know no event for a response that was cancelled; its status says it. */
const lastEvent = (status: ResponseStatus): string => (status === 'cancelled' ? 'incomplete' : status);

function eventsOf(head: ResponseHead, step: BlockStep, itemStatus: 'completed' | 'incomplete'): Told[] {
  const { index, block } = step;
  const place = { item_id: itemId(head.id, block, index), output_index: index };
  switch (step.step) {
    case 'start': {
      const item = itemBody(head, index, block, 'in_progress');
      return [{ type: 'response.output_item.added', output_index: index, item }, ...partBegun(head, place, block)];
    }
    case 'more':
      return [moreOf(head, place, step)];
    case 'stop': {
      const item = itemBody(head, index, block, itemStatus);
      return [...partDone(head, place, block), { type: 'response.output_item.done', output_index: index, item }];
    }
  }
}

interface Place {
  readonly item_id: string;
  readonly output_index: number;
}

function partBegun({ spec }: ResponseHead, place: Place, { type }: AnswerBlock): Told[] {
  if (type === 'call') return [];
  if (type === 'text') {
    const part = textPart({ text: '', logprobs: [] });
    return [{ type: 'response.content_part.added', ...place, content_index: 0, part }];
  }
  const part = thoughtPart('', spec);
  return spec.summarised
    ? [{ type: 'response.reasoning_summary_part.added', ...place, summary_index: 0, part }]
    : [{ type: 'response.content_part.added', ...place, content_index: 0, part }];
}

function moreOf({ spec }: ResponseHead, place: Place, step: Extract<BlockStep, { step: 'more' }>): Told {
  const { text: delta, logprobs } = step;
  switch (step.block.type) {
    case 'text':
      return {
        type: 'response.output_text.delta',
        ...place,
        content_index: 0,
        delta,
        logprobs: logprobBodies(logprobs),
      };
    case 'call':
      return { type: 'response.function_call_arguments.delta', ...place, delta };
    case 'thought':
      return spec.summarised
        ? { type: 'response.reasoning_summary_text.delta', ...place, summary_index: 0, delta }
        : { type: 'response.reasoning_text.delta', ...place, content_index: 0, delta };
  }
}

function partDone({ spec }: ResponseHead, place: Place, block: AnswerBlock): Told[] {
  const { text } = block;
  if (block.type === 'call') {
    return [{ type: 'response.function_call_arguments.done', ...place, name: block.name, arguments: text }];
  }
  if (block.type === 'text') {
    const part = textPart(block);
    const at = { ...place, content_index: 0 };
    return [
      { type: 'response.output_text.done', ...at, text, logprobs: part.logprobs },
      { type: 'response.content_part.done', ...at, part },
    ];
  }
  const part = thoughtPart(text, spec);
  if (spec.summarised) {
    const at = { ...place, summary_index: 0 };
    return [
      { type: 'response.reasoning_summary_text.done', ...at, text },
      { type: 'response.reasoning_summary_part.done', ...at, part },
    ];
  }
  const at = { ...place, content_index: 0 };
  return [
    { type: 'response.reasoning_text.done', ...at, text },
    { type: 'response.content_part.done', ...at, part },
  ];
}
