// What the document says of the APIs of Anthropic and of Ollama. Routes that only refuse are not in it.
import { z } from 'zod';
import { countBody, messagesBody } from '../../anthropic/index.ts';
import { chatBody, embedBody, generateBody, oldEmbedBody } from '../../ollama/index.ts';
import { showBody } from '../routes/ollama-models.ts';
import { count } from './answers.ts';
import { generationErrors, generationHeaders, streamed } from './generating.ts';
import type { Operation } from './operation.ts';

const model = 'starter/smollm2-135m-instruct';
const messages = [{ role: 'user', content: 'Say hello in one word.' }];

const anthropic: Readonly<Record<string, Operation>> = {
  'POST /v1/messages': {
    id: 'createMessage',
    tag: 'Anthropic',
    summary: 'Answer a chat',
    description: 'With `stream: true` the answer comes as named server-sent events.',
    parameters: generationHeaders,
    request: {
      schema: messagesBody,
      examples: {
        whole: { model, max_tokens: 16, messages },
        streamed: { model, max_tokens: 16, messages, system: 'Be brief.', stream: true },
      },
    },
    answer: {
      description: 'The message, or its events.',
      schema: z.object({
        id: z.string(),
        type: z.literal('message'),
        role: z.literal('assistant'),
        model: z.string(),
        content: z.array(z.looseObject({ type: z.enum(['text', 'thinking', 'tool_use']) })),
        stop_reason: z.enum(['end_turn', 'max_tokens', 'stop_sequence', 'tool_use']),
        stop_sequence: z.string().nullable(),
        usage: z.object({ input_tokens: count, cache_read_input_tokens: count, output_tokens: count }),
      }),
      otherTypes: streamed,
    },
    errors: generationErrors,
  },
  'POST /v1/messages/count_tokens': {
    id: 'countMessageTokens',
    tag: 'Anthropic',
    summary: 'The tokens of a chat as the prompt of a model',
    request: { schema: countBody, examples: { chat: { model, messages } } },
    answer: { description: 'How many.', schema: z.object({ input_tokens: count }) },
    errors: generationErrors,
  },
};

const ended = {
  model: z.string(),
  created_at: z.string(),
  done: z.boolean(),
  done_reason: z.enum(['stop', 'length', 'load', 'unload']),
  total_duration: count.optional().meta({ description: 'Nanoseconds.' }),
  prompt_eval_count: count.optional(),
  eval_count: count.optional(),
};
const lines = ['application/x-ndjson'];
const details = z.looseObject({ format: z.string() });
const ollamaModel = { name: z.string(), model: z.string(), size: count, digest: z.string(), details };

const ollamaModels: Readonly<Record<string, Operation>> = {
  'GET /': {
    id: 'getRoot',
    tag: 'Ollama',
    summary: 'That a server is here',
    answer: { description: 'A line of text.', otherTypes: ['text/plain'] },
  },
  'GET /api/version': {
    id: 'getOllamaVersion',
    tag: 'Ollama',
    summary: 'The version of the server',
    answer: { description: 'The version.', schema: z.object({ version: z.string() }) },
  },
  'GET /api/tags': {
    id: 'listOllamaModels',
    tag: 'Ollama',
    summary: 'Models on this machine',
    answer: {
      description: 'All of them.',
      schema: z.object({ models: z.array(z.object({ ...ollamaModel, modified_at: z.string() })) }),
    },
  },
  'GET /api/ps': {
    id: 'listOllamaRunning',
    tag: 'Ollama',
    summary: 'Models that are loaded',
    answer: {
      description: 'All of them.',
      schema: z.object({
        models: z.array(z.object({ ...ollamaModel, expires_at: z.string(), size_vram: count, context_length: count })),
      }),
    },
  },
  'POST /api/show': {
    id: 'showOllamaModel',
    tag: 'Ollama',
    summary: 'One model',
    request: { schema: showBody, examples: { model: { model } } },
    answer: {
      description: 'The model.',
      schema: z.looseObject({ details, model_info: z.looseObject({}), capabilities: z.array(z.string()) }),
    },
    errors: ['model_not_found', 'model_unsupported', 'payload_too_large', 'unsupported_media_type'],
  },
};

const ollama: Readonly<Record<string, Operation>> = {
  'POST /api/chat': {
    id: 'createOllamaChat',
    tag: 'Ollama',
    summary: 'Answer a chat',
    description: 'Streams, a line of JSON a piece, unless `stream` is false. Without messages the model is loaded.',
    parameters: generationHeaders,
    request: {
      schema: chatBody,
      examples: {
        whole: { model, messages, stream: false, options: { num_predict: 16 } },
        streamed: { model, messages, options: { num_predict: 16 } },
      },
    },
    answer: {
      description: 'The answer, or its pieces.',
      schema: z.object({ ...ended, message: z.looseObject({ role: z.literal('assistant'), content: z.string() }) }),
      otherTypes: lines,
    },
    errors: generationErrors,
  },
  'POST /api/generate': {
    id: 'createOllamaText',
    tag: 'Ollama',
    summary: 'Answer a text',
    description: 'Streams, a line of JSON a piece, unless `stream` is false. Without a prompt the model is loaded.',
    parameters: generationHeaders,
    request: {
      schema: generateBody,
      examples: { whole: { model, prompt: 'Say hello in one word.', stream: false, options: { num_predict: 16 } } },
    },
    answer: {
      description: 'The answer, or its pieces.',
      schema: z.object({ ...ended, response: z.string() }),
      otherTypes: lines,
    },
    errors: generationErrors,
  },
  'POST /api/embed': {
    id: 'createOllamaEmbeddings',
    tag: 'Ollama',
    summary: 'Vectors of texts',
    request: { schema: embedBody, examples: { texts: { model, input: ['One', 'Two'] } } },
    answer: {
      description: 'A vector for each text.',
      schema: z.object({
        model: z.string(),
        embeddings: z.array(z.array(z.number())),
        total_duration: count,
        load_duration: count,
        prompt_eval_count: count,
      }),
    },
    errors: generationErrors,
  },
  'POST /api/embeddings': {
    id: 'createOllamaEmbedding',
    tag: 'Ollama',
    summary: 'The vector of a text',
    request: { schema: oldEmbedBody, examples: { text: { model, prompt: 'One' } } },
    answer: { description: 'The vector.', schema: z.object({ embedding: z.array(z.number()) }) },
    errors: generationErrors,
  },
  ...ollamaModels,
};

export const elsewhere = { ...anthropic, ...ollama };
