// What the document says of tokens and of vectors: /tokenize, /detokenize, /v1/embeddings, /v1/rerank.
import { z } from 'zod';
import { detokenizeBody, embeddingBody, rerankBody, tokenizeBody } from '../../openai/index.ts';
import { count } from './answers.ts';
import { generationErrors } from './generating.ts';
import type { Operation } from './operation.ts';

const usage = z.object({ prompt_tokens: count, total_tokens: count });
const tag = 'Text';
const errors = generationErrors;

export const texts: Readonly<Record<string, Operation>> = {
  'POST /tokenize': {
    id: 'tokenize',
    tag,
    summary: 'The tokens of a text or of a chat',
    description: 'One of `prompt`, `content` and `messages`. The model is not loaded for it.',
    request: {
      schema: tokenizeBody,
      examples: { text: { prompt: 'Hello there' }, chat: { messages: [{ role: 'user', content: 'Hello there' }] } },
    },
    answer: {
      description: 'The tokens.',
      schema: z.object({ count, max_model_len: count, tokens: z.array(count) }),
    },
    errors,
  },
  'POST /detokenize': {
    id: 'detokenize',
    tag,
    summary: 'The text of tokens',
    request: { schema: detokenizeBody, examples: { tokens: { tokens: [504, 1015] } } },
    answer: { description: 'The text, twice.', schema: z.object({ prompt: z.string(), content: z.string() }) },
    errors,
  },
  'POST /v1/embeddings': {
    id: 'createEmbeddings',
    tag,
    summary: 'Vectors of texts',
    request: {
      schema: embeddingBody,
      examples: { text: { input: 'Hello there' }, texts: { input: ['One', 'Two'], encoding_format: 'base64' } },
    },
    answer: {
      description: 'A vector for each text.',
      schema: z.object({
        object: z.literal('list'),
        data: z.array(
          z.object({
            object: z.literal('embedding'),
            index: count,
            embedding: z.union([z.array(z.number()), z.string().meta({ description: 'base64 of 32-bit floats' })]),
          }),
        ),
        model: z.string(),
        usage,
      }),
    },
    errors,
  },
  'POST /v1/rerank': {
    id: 'rerank',
    tag,
    summary: 'Documents by their nearness to a query',
    request: {
      schema: rerankBody,
      examples: { two: { query: 'Which is a fruit?', documents: ['A pear.', 'A hammer.'], return_documents: true } },
    },
    answer: {
      description: 'The documents, nearest first.',
      schema: z.object({
        object: z.literal('list'),
        model: z.string(),
        results: z.array(
          z.object({
            index: count,
            relevance_score: z.number(),
            document: z.object({ text: z.string() }).optional(),
          }),
        ),
        usage,
      }),
    },
    errors,
  },
};
