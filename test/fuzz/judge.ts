// What no answer may be, whatever was asked: R24 of docs/reliability.md.

export interface SeenAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly requestId: string | undefined;
  readonly body: string;
}

const maxErrorBytes = 4096;
/** Of an error to clients of OpenAI and of Anthropic; and of one to Ollama's, whose `error` is the message. */
const keys = ['code', 'message', 'param', 'type'].join();
const ollamaKeys = ['code', 'error', 'param'].join();

/** Overload is told, and it passes; every other failure of the server is a violation. */
const allowedFailures = new Set([503, 529]);

/** Why `answer` is one that no client may see, or null. */
export function violationOf(answer: SeenAnswer): string | null {
  const { status, contentType, requestId, body } = answer;
  if (status >= 500 && !allowedFailures.has(status)) return `status ${status}: ${body.slice(0, 300)}`;
  if (status < 200 || status > 529) return `status ${status}`;
  if (requestId === undefined || !/^[\x21-\x7e]{1,64}$/.test(requestId)) return `x-request-id is ${requestId}`;
  if (status >= 400) return errorViolation(contentType, body);
  if (contentType.startsWith('text/event-stream')) return streamViolation(lastOf(body, '\n\n'));
  if (contentType.startsWith('application/x-ndjson')) return streamViolation(lastOf(body, '\n'));
  return null;
}

function errorViolation(contentType: string, body: string): string | null {
  if (Buffer.byteLength(body) > maxErrorBytes) return `an error of ${Buffer.byteLength(body)} bytes`;
  if (!contentType.startsWith('application/json')) return `an error as ${contentType}`;
  const whole = (parsed(body) ?? {}) as Record<string, unknown>;
  const error = (typeof whole.error === 'string' ? whole : (whole.error ?? {})) as Record<string, unknown>;
  const needed = error === whole ? ['error', 'code'] : ['message', 'type', 'code'];
  if (Object.keys(error).sort().join() !== (error === whole ? ollamaKeys : keys))
    return `an error ${body.slice(0, 300)}`;
  const { param } = error;
  const words = needed.every((key) => typeof error[key] === 'string' && error[key] !== '');
  if (!words || (param !== null && typeof param !== 'string')) return `an error ${body.slice(0, 300)}`;
  return null;
}

/** The data of the last event, or the last line. */
const lastOf = (body: string, separator: string): string =>
  body
    .split(separator)
    .filter((event) => event.startsWith('{') || /^(?:event: .*\n)?data: /.test(event))
    .at(-1)
    ?.replace(/^(?:event: .*\n)?data: /, '') ?? '';

/** What Anthropic's streams and those of responses end with, beside an error. */
const lastTypes = new Set(['message_stop', 'response.completed', 'response.incomplete']);
const failures = new Set(['internal', 'worker_crashed', 'worker_timeout']);

/** A stream ends with the last event of its kind, or with one error. */
function streamViolation(last: string): string | null {
  if (last === '[DONE]') return null;
  const said = (parsed(last) ?? {}) as Record<string, unknown>;
  if (said.done === true || lastTypes.has(String(said.type))) return null;
  const { code } = (typeof said.error === 'object' ? (said.error ?? {}) : said) as { readonly code?: unknown };
  return typeof code === 'string' && !failures.has(code)
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
