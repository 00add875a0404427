// What the operations that make a model work have in common.
import type { ErrorCode } from '../../core/index.ts';
import type { Parameter } from './operation.ts';

/** Of every route that makes a model work. */
export const generationErrors: readonly ErrorCode[] = [
  'invalid_request',
  'context_length_exceeded',
  'image_refused',
  'image_too_large',
  'too_many_images',
  'model_not_found',
  'model_unsupported',
  'payload_too_large',
  'unsupported_media_type',
  'queue_full',
  'queue_timeout',
  'insufficient_memory',
  'shutting_down',
  'worker_start_failed',
  'cancelled',
  'worker_timeout',
  'worker_crashed',
];

/** Headers that a generating request may carry. */
export const generationHeaders: readonly Parameter[] = [
  {
    name: 'X-Priority',
    in: 'header',
    description: 'Its place among those who wait.',
    schema: { type: 'string', enum: ['high', 'normal', 'low'], default: 'normal' },
  },
  {
    name: 'X-Request-Timeout',
    in: 'header',
    description: 'Seconds for the whole request.',
    schema: { type: 'number', exclusiveMinimum: 0, maximum: 86_400, multipleOf: 0.001 },
  },
  {
    name: 'X-Request-Id',
    in: 'header',
    description: 'Comes back in x-request-id, and stands in the log.',
    schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' },
  },
];

export const streamed = ['text/event-stream'];
