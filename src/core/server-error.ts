// The one error class and its one table: code → HTTP status, type, whether a client may retry.

const table = {
  invalid_request: { status: 400, type: 'invalid_request_error', retryable: false },
  context_length_exceeded: { status: 400, type: 'invalid_request_error', retryable: false },
  image_refused: { status: 400, type: 'invalid_request_error', retryable: false },
  image_too_large: { status: 400, type: 'invalid_request_error', retryable: false },
  too_many_images: { status: 400, type: 'invalid_request_error', retryable: false },
  model_not_found: { status: 404, type: 'invalid_request_error', retryable: false },
  model_unsupported: { status: 400, type: 'invalid_request_error', retryable: false },
  invalid_api_key: { status: 401, type: 'authentication_error', retryable: false },
  forbidden_host: { status: 403, type: 'permission_error', retryable: false },
  forbidden_origin: { status: 403, type: 'permission_error', retryable: false },
  not_found: { status: 404, type: 'invalid_request_error', retryable: false },
  method_not_allowed: { status: 405, type: 'invalid_request_error', retryable: false },
  payload_too_large: { status: 413, type: 'invalid_request_error', retryable: false },
  unsupported_media_type: { status: 415, type: 'invalid_request_error', retryable: false },
  rate_limited: { status: 429, type: 'rate_limit_error', retryable: true },
  queue_full: { status: 503, type: 'server_error', retryable: true },
  queue_timeout: { status: 503, type: 'server_error', retryable: true },
  insufficient_memory: { status: 503, type: 'server_error', retryable: true },
  shutting_down: { status: 503, type: 'server_error', retryable: true },
  worker_start_failed: { status: 503, type: 'server_error', retryable: true },
  worker_timeout: { status: 504, type: 'server_error', retryable: false },
  worker_crashed: { status: 500, type: 'server_error', retryable: false },
  cancelled: { status: 503, type: 'server_error', retryable: false },
  internal: { status: 500, type: 'server_error', retryable: false },
} as const;

export type ErrorCode = keyof typeof table;
export type ErrorType = (typeof table)[ErrorCode]['type'];

/** Every code with its HTTP status, OpenAI error type and whether a client may try again. */
export const errorTable: Readonly<Record<ErrorCode, { status: number; type: ErrorType; retryable: boolean }>> = table;

export const errorCodes = Object.keys(table) as readonly ErrorCode[];

export interface ServerErrorOptions {
  /** The request field at fault, as a path: `messages[0].role`. */
  readonly param?: string | undefined;
  /** When a client should try again, in seconds; only on retryable codes. */
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** A failure that a client may see. The message never carries a path of this machine, a stack or another's data. */
export class ServerError extends Error {
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: ServerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ServerError';
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? (table[code].retryable ? 1 : undefined);
  }

  get status(): number {
    return table[this.code].status;
  }

  get type(): ErrorType {
    return table[this.code].type;
  }
}

/** What anybody hears whom the end of the server refuses or cuts short; the next one may be up by then. */
export const shuttingDown = (): ServerError =>
  new ServerError('shutting_down', 'The server is shutting down.', { retryAfterSeconds: 10 });

/** The ServerError in `error`, or an `internal` one that hides what happened and keeps it as its cause. */
export function toServerError(error: unknown): ServerError {
  if (error instanceof ServerError) return error;
  return new ServerError('internal', 'The server failed to answer this request. Its log says why.', { cause: error });
}
