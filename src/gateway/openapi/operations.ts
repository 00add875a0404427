// What the document says of each route of the main port, by "METHOD path" as registered. One entry a route.
import { chatBody, completionBody } from '../../openai/index.ts';
import {
  chatAnswer,
  completionAnswer,
  healthAnswer,
  modelAnswer,
  modelListAnswer,
  readyAnswer,
  versionAnswer,
} from './answers.ts';
import { elsewhere } from './elsewhere-operations.ts';
import { generationErrors, generationHeaders, streamed } from './generating.ts';
import type { Operation } from './operation.ts';
import { responses } from './response-operations.ts';
import { texts } from './text-operations.ts';

const hello = { messages: [{ role: 'user', content: 'Say hello in one word.' }], max_tokens: 16 };

const generating: Readonly<Record<string, Operation>> = {
  'POST /v1/chat/completions': {
    id: 'createChatCompletion',
    tag: 'Generation',
    summary: 'Answer a chat',
    description: 'With `stream: true` the answer comes as server-sent events that end with `data: [DONE]`.',
    parameters: generationHeaders,
    request: {
      schema: chatBody,
      examples: {
        whole: hello,
        streamed: { ...hello, stream: true, stream_options: { include_usage: true } },
        greedy: { ...hello, temperature: 0, stop: ['\n'], logprobs: true, top_logprobs: 2 },
      },
    },
    answer: { description: 'The answer, or its chunks.', schema: chatAnswer, otherTypes: streamed },
    errors: generationErrors,
  },
  'POST /v1/completions': {
    id: 'createCompletion',
    tag: 'Generation',
    summary: 'Continue a text',
    parameters: generationHeaders,
    request: {
      schema: completionBody,
      examples: {
        text: { prompt: 'Once upon a time', max_tokens: 16 },
        'token ids': { prompt: [504, 1015], max_tokens: 4 },
        'several texts': { prompt: ['One,', 'Two,'], max_tokens: 4, stream: true },
      },
    },
    answer: { description: 'The text, or its chunks.', schema: completionAnswer, otherTypes: streamed },
    errors: generationErrors,
  },
};

const models: Readonly<Record<string, Operation>> = {
  'GET /v1/models': {
    id: 'listModels',
    tag: 'Models',
    summary: 'Models on this machine',
    description:
      'With an `anthropic-version` header, the answer has the shape of Anthropic: a page of `limit` models after ' +
      '`after_id` or before `before_id`.',
    parameters: [
      { name: 'limit', in: 'query', description: 'Models in a page.', schema: { type: 'integer', maximum: 1000 } },
      {
        name: 'after_id',
        in: 'query',
        description: 'Where a page begins.',
        schema: { type: 'string', maxLength: 256 },
      },
      { name: 'before_id', in: 'query', description: 'Where it ends.', schema: { type: 'string', maxLength: 256 } },
    ],
    answer: { description: 'All of them.', schema: modelListAnswer },
    errors: ['invalid_request'],
  },
  'GET /v1/models/*': {
    id: 'getModel',
    tag: 'Models',
    summary: 'One model',
    parameters: [
      {
        name: 'id',
        in: 'path',
        description: 'Its name, `org/name`, or an alias. The slash may be sent as it is.',
        schema: { type: 'string', maxLength: 256 },
      },
    ],
    answer: { description: 'The model.', schema: modelAnswer },
    errors: ['invalid_request', 'model_not_found', 'not_found'],
  },
};

const server: Readonly<Record<string, Operation>> = {
  'GET /health': {
    id: 'getHealth',
    tag: 'Server',
    summary: 'Whether the process works',
    answer: { description: 'It does.', schema: healthAnswer },
  },
  'GET /ready': {
    id: 'getReady',
    tag: 'Server',
    summary: 'Whether new work is taken',
    answer: { description: 'It is.', schema: readyAnswer },
    more: { 503: { description: 'It is not, for the reasons given.', schema: readyAnswer } },
  },
  'GET /version': {
    id: 'getVersion',
    tag: 'Server',
    summary: 'The version of the server',
    answer: { description: 'The version.', schema: versionAnswer },
  },
  'GET /openapi.json': {
    id: 'getOpenapi',
    tag: 'Server',
    summary: 'This document',
    answer: { description: 'OpenAPI 3.1.', otherTypes: ['application/json'] },
  },
  'GET /docs': {
    id: 'getDocs',
    tag: 'Server',
    summary: 'This document as a page that can send requests',
    answer: { description: 'A page.', otherTypes: ['text/html'] },
  },
  'GET /docs/:file': {
    id: 'getDocsFile',
    tag: 'Server',
    summary: 'What that page is made of',
    parameters: [{ name: 'file', in: 'path', description: 'Its name.', schema: { type: 'string', maxLength: 64 } }],
    answer: { description: 'The file.', otherTypes: ['text/css', 'text/javascript', 'image/png'] },
    errors: ['invalid_request', 'not_found'],
  },
};

export const operations: Readonly<Record<string, Operation>> = {
  ...generating,
  ...responses,
  ...texts,
  ...elsewhere,
  ...models,
  ...server,
};
