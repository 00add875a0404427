// What no answer may be, whatever was asked: R24 of docs/reliability.md.

export interface SeenAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly requestId: string | undefined;
  readonly body: string;
}

const maxErrorBytes = 4096;
const keys = ['code', 'message', 'param', 'type'].join();

/** Overload is told, and it passes; every other failure of the server is a violation. */
const allowedFailures = new Set([503]);

/** Why `answer` is one that no client may see, or null. */
export function violationOf(answer: SeenAnswer): string | null {
  const { status, contentType, requestId, body } = answer;
  if (status >= 500 && !allowedFailures.has(status)) return `status ${status}: ${body.slice(0, 300)}`;
  if (status < 200 || status > 503) return `status ${status}`;
  if (requestId === undefined || !/^[\x21-\x7e]{1,64}$/.test(requestId)) return `x-request-id is ${requestId}`;
  if (status >= 400) return errorViolation(contentType, body);
  if (contentType.startsWith('text/event-stream')) return streamViolation(body);
  return null;
}

function errorViolation(contentType: string, body: string): string | null {
  if (Buffer.byteLength(body) > maxErrorBytes) return `an error of ${Buffer.byteLength(body)} bytes`;
  if (!contentType.startsWith('application/json')) return `an error as ${contentType}`;
  const { error } = (parsed(body) ?? {}) as { error?: Record<string, unknown> };
  if (typeof error !== 'object' || Object.keys(error).sort().join() !== keys) return `an error ${body.slice(0, 300)}`;
  const { message, type, code, param } = error;
  const words = [message, type, code].every((value) => typeof value === 'string' && value.length > 0);
  if (!words || (param !== null && typeof param !== 'string')) return `an error ${body.slice(0, 300)}`;
  return null;
}

/** A stream ends with [DONE] or with one error. */
function streamViolation(body: string): string | null {
  const events = body.split('\n\n').filter((event) => event.startsWith('data: '));
  const last = events.at(-1)?.slice(6) ?? '';
  if (last === '[DONE]') return null;
  const { error } = (parsed(last) ?? {}) as { error?: { code?: string } };
  return error !== undefined && !['internal', 'worker_crashed', 'worker_timeout'].includes(error.code ?? '')
    ? null
    : `a stream that ends with ${JSON.stringify(last.slice(0, 300))}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not JSON: the caller says what was expected.
  }
}
