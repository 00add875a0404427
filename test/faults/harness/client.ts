// One chat request on a connection of its own, seen as closely as a client can: every token's moment, every end, and
// what came behind the end. Leaves on demand, politely or by a reset.
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { createParser } from 'eventsource-parser';

export interface Question {
  readonly port: number;
  readonly model: string;
  /** Text, or parts of it with images among them. */
  readonly content: string | readonly object[];
  readonly stream: boolean;
  /** Further keys of the body: max_tokens, temperature, seed, … */
  readonly more?: object;
  /** Called with the number of pieces of text that have come, and the text so far. */
  readonly onPiece?: (pieces: number, text: string) => void;
}

export interface Answer {
  readonly status: number;
  /** Of an error, whether it came as the answer or in the stream. */
  readonly code: string | null;
  readonly text: string;
  readonly completionTokens: number | null;
  readonly finishReason: string | null;
  /** How often the answer ended: chunks with a finish reason, and [DONE] marks; both 1 for a stream that ended well. */
  readonly finishes: number;
  readonly dones: number;
  /** Events behind [DONE]. */
  readonly afterEnd: number;
  readonly sentMs: number;
  readonly headMs: number;
  readonly endMs: number;
  /** When each piece of text came. */
  readonly pieceMs: readonly number[];
  readonly left: boolean;
  /** The connection broke before the answer had ended. */
  readonly broken: boolean;
}

export interface Asked {
  readonly answer: Promise<Answer>;
  leave(how: 'fin' | 'rst'): void;
}

type Draft = { -readonly [K in keyof Answer]: Answer[K] } & { pieceMs: number[] };

interface Body {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string };
    readonly message?: { readonly content?: string };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: { readonly completion_tokens: number } | null;
  readonly error?: { readonly code: string };
}

export function ask(question: Question): Asked {
  const draft: Draft = {
    status: 0,
    code: null,
    text: '',
    completionTokens: null,
    finishReason: null,
    finishes: 0,
    dones: 0,
    afterEnd: 0,
    sentMs: performance.now(),
    headMs: 0,
    endMs: 0,
    pieceMs: [],
    left: false,
    broken: false,
  };
  const outgoing = open(question);
  const answer = new Promise<Answer>((resolve) => {
    const settle = (broken: boolean): void => {
      if (draft.endMs > 0) return;
      draft.endMs = performance.now();
      draft.broken = broken && !draft.left;
      resolve(draft);
    };
    outgoing.on('error', () => settle(true));
    outgoing.on('response', (response) => {
      draft.status = response.statusCode ?? 0;
      draft.headMs = performance.now();
      read(response, draft, question);
      response.on('end', () => settle(false));
      response.on('close', () => settle(!response.complete));
      response.on('error', () => settle(true));
    });
  });
  const leave = (how: 'fin' | 'rst'): void => {
    draft.left = true;
    if (how === 'rst') outgoing.socket?.resetAndDestroy();
    outgoing.destroy();
  };
  return { answer, leave };
}

function open({ port, model, content, stream, more }: Question): ClientRequest {
  const options = stream ? { stream: true, stream_options: { include_usage: true } } : {};
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }], ...options, ...more });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const path = '/v1/chat/completions';
  const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
  outgoing.end(body);
  return outgoing;
}

function read(response: IncomingMessage, draft: Draft, question: Question): void {
  response.setEncoding('utf8');
  if (response.headers['content-type']?.startsWith('text/event-stream')) {
    const parser = createParser({ onEvent: ({ data }) => takeEvent(draft, data, question) });
    response.on('data', (text: string) => parser.feed(text));
    return;
  }
  let body = '';
  response.on('data', (text: string) => {
    body += text;
  });
  response.on('end', () => takeWhole(draft, body));
}

function takeEvent(draft: Draft, data: string, { onPiece }: Question): void {
  if (draft.dones > 0) draft.afterEnd += 1;
  if (data === '[DONE]') {
    draft.dones += 1;
    return;
  }
  const { choices, usage, error } = JSON.parse(data) as Body;
  draft.code ??= error?.code ?? null;
  draft.completionTokens = usage?.completion_tokens ?? draft.completionTokens;
  const choice = choices?.[0];
  const piece = choice?.delta?.content ?? '';
  if (piece !== '') {
    draft.text += piece;
    draft.pieceMs.push(performance.now());
    onPiece?.(draft.pieceMs.length, draft.text);
  }
  if (choice?.finish_reason == null) return;
  draft.finishReason = choice.finish_reason;
  draft.finishes += 1;
}

function takeWhole(draft: Draft, body: string): void {
  const { choices, usage, error } = JSON.parse(body) as Body;
  draft.code = error?.code ?? null;
  draft.text = choices?.[0]?.message?.content ?? '';
  draft.finishReason = choices?.[0]?.finish_reason ?? null;
  draft.completionTokens = usage?.completion_tokens ?? null;
}

/** Whether the answer ended, once, and rightly as far as its form goes. */
export const endedOnce = (answer: Answer, stream: boolean): boolean =>
  answer.status === 200 &&
  answer.code === null &&
  !answer.broken &&
  answer.finishReason !== null &&
  (!stream || (answer.finishes === 1 && answer.dones === 1 && answer.afterEnd === 0));
