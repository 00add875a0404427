// Valid requests to begin with: those of the document of the API, and richer ones.
import type { Example } from './mutated-requests.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>;
}
interface DocumentOperation {
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly examples?: Record<string, { readonly value: object }> }>>;
  };
}

const user = { role: 'user', content: 'tokens=3 Say hello.' };
const sampling = { temperature: 0.5, top_p: 0.9, top_k: 20, min_p: 0.05, seed: 7, max_tokens: 4 };

const rich: readonly (readonly [path: string, body: object])[] = [
  ['/v1/chat/completions', { messages: [{ role: 'system', content: 'Be kind.' }, user], ...sampling, n: 2 }],
  [
    '/v1/chat/completions',
    {
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'tokens=2' }] },
        { role: 'assistant', content: 'Hi' },
        user,
      ],
      ...{
        max_completion_tokens: 4,
        stream: true,
        stream_options: { include_usage: true },
        logprobs: true,
        top_logprobs: 3,
      },
      ...{ stop: ['\n', 'END'], logit_bias: { 50: -100, 60: 1 }, presence_penalty: 1, frequency_penalty: -1 },
    },
  ],
  [
    '/v1/chat/completions',
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' } },
          ],
        },
      ],
      max_tokens: 4,
    },
  ],
  [
    '/v1/chat/completions',
    {
      messages: [user],
      tools: [
        {
          type: 'function',
          function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'string' } } } },
        },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' }, strict: true } },
      ...{ tool_choice: 'auto', reasoning_effort: 'low', user: 'u', max_tokens: 4 },
    },
  ],
  ['/v1/completions', { prompt: ['One', 'Two'], ...sampling, logprobs: 2, n: 2, stop: 'x' }],
  ['/v1/completions', { prompt: [[1, 2], [3]], ...sampling, stream: true, repetition_penalty: 1.1 }],
];

/** `model` goes into each body that names none. */
export async function examplesOf(api: string, model: string): Promise<readonly Example[]> {
  const { paths } = (await (await fetch(`${api}/openapi.json`)).json()) as Document;
  const told = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody }]) => examplesOfOperation(method, path, requestBody)),
  );
  const more = rich.map(([path, body]) => ({ method: 'POST', path, body }));
  return [...told, ...more].map(({ method, path, body }) => ({
    method,
    path: path
      .replace('{id}', model)
      .replace('{file}', 'page.css')
      .replace(/\{\w+\}/, 'x'),
    body: body === null ? null : { ...body, model },
  }));
}

function examplesOfOperation(method: string, path: string, requestBody: DocumentOperation['requestBody']): Example[] {
  const bodies = Object.values(requestBody?.content['application/json']?.examples ?? {}).map(({ value }) => value);
  return (bodies.length === 0 ? [null] : bodies).map((body) => ({ method: method.toUpperCase(), path, body }));
}
