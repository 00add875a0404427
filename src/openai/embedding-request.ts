// POST /v1/embeddings and /v1/rerank: bodies → inputs, vectors → answers. Pure.
import { z } from 'zod';
import { ServerError } from '../core/index.ts';
import { acceptedFields } from './accepted-fields.ts';
import { listOf } from './list-of.ts';
import { parseBody } from './parse-body.ts';
import { maybe, tokenIds } from './request-fields.ts';

const maxInputs = 2048;
const model = maybe(z.string().max(10_240));
const text = z
  .string()
  .min(1, 'an empty text has no meaning to embed')
  .max(1024 * 1024);

export const embeddingBody = z.object({
  model,
  input: z.union([text, tokenIds, listOf(text, maxInputs), listOf(tokenIds, maxInputs)], {
    error: `must be a text, token ids, or a list of up to ${maxInputs} of either`,
  }),
  encoding_format: maybe(z.enum(['float', 'base64'])),
  dimensions: maybe(z.int().min(1).max(65_536)),
  user: acceptedFields.user,
});

export interface EmbeddingRequest {
  readonly model: string | undefined;
  readonly inputs: readonly (string | readonly number[])[];
  readonly isBase64: boolean;
  readonly dimensions: number | undefined;
}

/** @throws ServerError `invalid_request`, naming the field. */
export function readEmbeddingRequest(body: unknown): EmbeddingRequest {
  const { model, input, encoding_format: format, dimensions } = parseBody(embeddingBody, body);
  const inputs = typeof input === 'string' ? [input] : isTokenIds(input) ? [input] : input;
  return { model, inputs, isBase64: format === 'base64', dimensions };
}

const isTokenIds = (input: readonly (string | number | number[])[]): input is number[] => typeof input[0] === 'number';

export interface EmbeddedInputs {
  readonly model: string;
  readonly vectors: readonly Float32Array[];
  readonly promptTokens: number;
}

/** @throws ServerError `invalid_request` for more dimensions than the model has */
export function embeddingBodyOf({ isBase64, dimensions }: EmbeddingRequest, told: EmbeddedInputs) {
  const { model, promptTokens } = told;
  const data = told.vectors.map((vector, index) => {
    const cut = shortened(vector, dimensions);
    const embedding = isBase64 ? Buffer.from(cut.buffer, cut.byteOffset, cut.byteLength).toString('base64') : [...cut];
    return { object: 'embedding', index, embedding };
  });
  return { object: 'list', data, model, usage: { prompt_tokens: promptTokens, total_tokens: promptTokens } };
}

/** The first `dimensions` numbers, of length 1 again: what models trained for it (Matryoshka) are shortened by. */
function shortened(vector: Float32Array, dimensions: number | undefined): Float32Array {
  if (dimensions === undefined || dimensions === vector.length) return vector;
  if (dimensions > vector.length) {
    const message = `This model's vectors have ${vector.length} dimensions; "dimensions" asks for ${dimensions}.`;
    throw new ServerError('invalid_request', message, { param: 'dimensions' });
  }
  const cut = vector.subarray(0, dimensions);
  const length = Math.max(Math.sqrt(dot(cut, cut)), 1e-12);
  return cut.map((value) => value / length);
}

const dot = (one: Float32Array, other: Float32Array): number =>
  one.reduce((sum, value, index) => sum + value * other[index]!, 0);

const documentEntry = z
  .union([text, z.object({ text })])
  .transform((one) => (typeof one === 'string' ? one : one.text));

export const rerankBody = z.object({
  model,
  query: text,
  documents: listOf(documentEntry, maxInputs - 1),
  top_n: maybe(z.int().min(1)),
  return_documents: maybe(z.boolean()),
});

export interface RerankRequest {
  readonly model: string | undefined;
  readonly query: string;
  readonly documents: readonly string[];
  readonly topN: number | undefined;
  readonly returnDocuments: boolean;
}

/** Jina's and Cohere's common body. @throws ServerError `invalid_request`, naming the field. */
export function readRerankRequest(body: unknown): RerankRequest {
  const { model, query, documents, top_n: topN, return_documents: returns } = parseBody(rerankBody, body);
  return { model, query, documents, topN, returnDocuments: returns === true };
}

/** By the cosine of query and document, best first. @param told the query's vector, then the documents' */
export function rerankBodyOf({ documents, topN, returnDocuments }: RerankRequest, told: EmbeddedInputs) {
  const [query, ...vectors] = told.vectors;
  const length = (vector: Float32Array): number => Math.max(Math.sqrt(dot(vector, vector)), 1e-12);
  const results = vectors
    .map((vector, index) => ({
      index,
      relevance_score: dot(query!, vector) / (length(query!) * length(vector)),
      ...(returnDocuments ? { document: { text: documents[index] } } : {}),
    }))
    .sort((one, other) => other.relevance_score - one.relevance_score || one.index - other.index)
    .slice(0, topN);
  const { model, promptTokens } = told;
  return { object: 'list', model, results, usage: { prompt_tokens: promptTokens, total_tokens: promptTokens } };
}
