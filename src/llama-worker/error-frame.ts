// A failure → the error frame that the server gets. Unknown failures show nothing of themselves.
import { ServerError, toServerError } from '../core/index.ts';
import type { FromWorker, WorkerErrorCode } from '../ipc/index.ts';

const codes: readonly string[] = [
  'invalid_request',
  'context_length_exceeded',
  'model_unsupported',
] satisfies WorkerErrorCode[];

const maxMessageCharacters = 4000;

export function errorFrame(id: string, error: unknown): Extract<FromWorker, { type: 'error' }> {
  const { code, message, param } = error instanceof ServerError ? error : toServerError(error);
  return {
    type: 'error',
    id,
    code: codes.includes(code) ? (code as WorkerErrorCode) : 'internal',
    message: message.slice(0, maxMessageCharacters),
    param,
  };
}
