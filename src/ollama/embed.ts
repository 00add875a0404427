// POST /api/embed, and /api/embeddings as it was called before: body → texts, vectors → answer. Pure.
import { z } from 'zod';
import { type EmbeddingRequest, embeddingBodyOf, maybe, parseBody, readEmbeddingRequest } from '../openai/index.ts';
import { keepAliveField } from './keep-alive.ts';
import { fromOllama } from './model-name.ts';
import { optionsField } from './options.ts';

const commonFields = {
  model: z.string().min(1).max(10_240),
  options: optionsField,
  keep_alive: keepAliveField,
};
/** A text that is too long is refused, never cut, whatever `truncate` says. */
export const embedBody = z.object({
  ...commonFields,
  input: z.unknown().optional().meta({ description: 'a text, or a list of texts' }),
  truncate: maybe(z.boolean()),
  dimensions: z.unknown().optional().meta({ description: 'numbers of a vector at the most' }),
});
export const oldEmbedBody = z.object({ ...commonFields, prompt: z.string().min(1) });

export interface OllamaEmbedRequest extends EmbeddingRequest {
  /** As the client wrote it, and as it is answered. */
  readonly asked: string;
}

/** @throws ServerError `invalid_request`, naming the field. */
export function readEmbedRequest(body: unknown): OllamaEmbedRequest {
  const { model, input, dimensions } = parseBody(embedBody, body);
  return { ...readEmbeddingRequest({ model: fromOllama(model), input, dimensions }), asked: model };
}

/** @throws ServerError `invalid_request`, naming the field. */
export function readOldEmbedRequest(body: unknown): OllamaEmbedRequest {
  const { model, prompt } = parseBody(oldEmbedBody, body);
  return { ...readEmbeddingRequest({ model: fromOllama(model), input: prompt }), asked: model };
}

type Told = Parameters<typeof embeddingBodyOf>[1];

const vectorsOf = (request: OllamaEmbedRequest, told: Told): readonly unknown[] =>
  embeddingBodyOf(request, told).data.map(({ embedding }) => embedding);

/** Durations are nanoseconds. */
export const embedBodyOf = (request: OllamaEmbedRequest, told: Told, elapsedMs: number) => ({
  model: request.asked,
  embeddings: vectorsOf(request, told),
  total_duration: Math.round(elapsedMs * 1e6),
  load_duration: 0,
  prompt_eval_count: told.promptTokens,
});

export const oldEmbedBodyOf = (request: OllamaEmbedRequest, told: Told) => ({ embedding: vectorsOf(request, told)[0] });
