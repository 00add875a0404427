// In whose words the errors of a path are told. The path alone decides, so that a request that no route takes, or that the
// guard turns away, is answered in words that its client reads.
import { messagesErrorBody, messagesErrorStatus } from '../anthropic/index.ts';
import type { ServerError } from '../core/index.ts';
import { ollamaErrorBody } from '../ollama/index.ts';
import { errorBody } from '../openai/index.ts';

export interface Dialect {
  /** The schema of its errors in the document of the API. */
  readonly errors: 'Error' | 'AnthropicError' | 'OllamaError';
  status(error: Pick<ServerError, 'code' | 'status'>): number;
  body(error: ServerError, requestId: string): object;
  /** The header that its clients look for the request's id in, beside ours. */
  readonly idHeader?: string;
}

const openai: Dialect = { errors: 'Error', status: ({ status }) => status, body: errorBody };
const anthropic: Dialect = {
  errors: 'AnthropicError',
  status: messagesErrorStatus,
  body: messagesErrorBody,
  idHeader: 'request-id',
};

const ollama: Dialect = { errors: 'OllamaError', status: ({ status }) => status, body: ollamaErrorBody };

/** `url` as the client sent it: path and query. */
export function dialectOf(url: string): Dialect {
  if (/^\/v1\/messages(?:[/?]|$)/.test(url)) return anthropic;
  return url.startsWith('/api/') ? ollama : openai;
}
