// What the document says of /v1/responses.
import { z } from 'zod';
import { responsesBody } from '../../openai/index.ts';
import { count, seconds } from './answers.ts';
import { generationErrors, generationHeaders, streamed } from './generating.ts';
import type { Operation, Parameter } from './operation.ts';

const responseAnswer = z.object({
  id: z.string(),
  object: z.literal('response'),
  created_at: seconds,
  status: z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
  model: z.string(),
  output: z.array(z.looseObject({ id: z.string(), type: z.enum(['message', 'reasoning', 'function_call']) })),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z.object({ reason: z.string() }).nullable(),
  usage: z.object({ input_tokens: count, output_tokens: count, total_tokens: count }).nullable(),
});

const itemsAnswer = z.object({
  object: z.literal('list'),
  data: z.array(z.looseObject({ type: z.string() })),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
});

const id: Parameter = {
  name: 'id',
  in: 'path',
  description: 'The id of the response.',
  schema: { type: 'string', maxLength: 256 },
};
const query = (name: string, description: string, schema: Parameter['schema']): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});
const missing = ['invalid_request', 'not_found'] as const;
const ask = { input: 'Say hello in one word.', max_output_tokens: 16 };

export const responses: Readonly<Record<string, Operation>> = {
  'POST /v1/responses': {
    id: 'createResponse',
    tag: 'Responses',
    summary: 'Answer, and keep the answer',
    description: 'With `stream: true` the answer comes as named server-sent events.',
    parameters: generationHeaders,
    request: {
      schema: responsesBody,
      examples: {
        whole: ask,
        streamed: { ...ask, stream: true, store: false },
        'in the background': { ...ask, background: true },
      },
    },
    answer: { description: 'The response, or its events.', schema: responseAnswer, otherTypes: streamed },
    errors: [...generationErrors, 'not_found'],
  },
  'GET /v1/responses/:id': {
    id: 'getResponse',
    tag: 'Responses',
    summary: 'A response that was kept',
    parameters: [
      id,
      query('stream', 'As events: of one made with `background` and `stream`.', { enum: ['true', 'false'] }),
      query('starting_after', 'The number of the last event that is known.', { type: 'integer', minimum: 0 }),
    ],
    answer: { description: 'The response, or its events.', schema: responseAnswer, otherTypes: streamed },
    errors: missing,
  },
  'DELETE /v1/responses/:id': {
    id: 'deleteResponse',
    tag: 'Responses',
    summary: 'Forget a response',
    parameters: [id],
    answer: {
      description: 'It is forgotten.',
      schema: z.object({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) }),
    },
    errors: missing,
  },
  'POST /v1/responses/:id/cancel': {
    id: 'cancelResponse',
    tag: 'Responses',
    summary: 'End a response that is made in the background',
    parameters: [id],
    answer: { description: 'The response as it stands.', schema: responseAnswer },
    errors: missing,
  },
  'GET /v1/responses/:id/input_items': {
    id: 'listResponseInput',
    tag: 'Responses',
    summary: 'What a response was asked',
    parameters: [
      id,
      query('limit', 'Items at the most.', { type: 'integer', minimum: 1, maximum: 100, default: 20 }),
      query('order', 'By age.', { enum: ['asc', 'desc'], default: 'desc' }),
      query('after', 'The item to go on behind.', { type: 'string', maxLength: 256 }),
    ],
    answer: { description: 'Its items.', schema: itemsAnswer },
    errors: missing,
  },
};
