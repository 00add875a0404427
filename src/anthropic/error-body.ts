// ServerError → Anthropic's error object and HTTP status.
import type { ErrorCode, ServerError } from '../core/index.ts';

const maxMessageCharacters = 2000;

/** Refusals of a busy server: Anthropic's own status for them, which its clients wait upon and try again. */
const overloadedStatus = 529;
const overloaded: ReadonlySet<ErrorCode> = new Set([
  'queue_full',
  'queue_timeout',
  'insufficient_memory',
  'shutting_down',
  'worker_start_failed',
]);

export const messagesErrorStatus = ({ code, status }: Pick<ServerError, 'code' | 'status'>): number =>
  overloaded.has(code) ? overloadedStatus : status;

function typeOf({ code, status }: ServerError): string {
  if (overloaded.has(code)) return 'overloaded_error';
  switch (status) {
    case 401:
      return 'authentication_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 504:
      return 'timeout_error';
    default:
      return status < 500 ? 'invalid_request_error' : 'api_error';
  }
}

/** `param` and `code` are this server's own; clients of Anthropic read over them. */
export const messagesErrorBody = (error: ServerError, requestId: string) => ({
  type: 'error',
  error: {
    type: typeOf(error),
    message: error.message.slice(0, maxMessageCharacters),
    param: error.param,
    code: error.code,
  },
  request_id: requestId,
});
