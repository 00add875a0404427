// One streaming request on a connection of its own, timed from before the connection is made.
import { connect, type Socket } from 'node:net';
import type { Order, Outcome } from './orders.ts';
import { StreamReader } from './stream-reader.ts';

const readBufferBytes = 64 * 1024;
const hasText = /"(?:text|content)":"(?!")/;

interface Draft {
  firstTokenMs: number;
  lastTokenMs: number;
  events: number;
  finishReason: string | null;
  usage: Usage | null;
  text: string;
  readonly eventTimesMs: number[];
  failure: string | null;
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number };
}

interface Chunk {
  readonly choices?: readonly {
    readonly text?: string;
    readonly delta?: { readonly content?: string };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: Usage | null;
  readonly error?: { readonly message?: string };
}

const requestText = ({ path, port, body }: Order): string =>
  `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n` +
  `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;

/** Reads what an event tells. Events with text are only counted, unless the text is wanted. */
function take(draft: Draft, event: string, { keepText = false, keepTimes = false }: Order): void {
  if (hasText.test(event)) {
    const nowMs = performance.now();
    if (draft.events === 0) draft.firstTokenMs = nowMs;
    draft.lastTokenMs = nowMs;
    draft.events += 1;
    if (keepTimes) draft.eventTimesMs.push(nowMs);
    if (!keepText) return;
  }
  if (!event.startsWith('data: {')) return;
  const chunk = JSON.parse(Buffer.from(event.slice(6), 'latin1').toString('utf8')) as Chunk;
  const choice = chunk.choices?.[0];
  draft.text += choice?.text ?? choice?.delta?.content ?? '';
  draft.finishReason = choice?.finish_reason ?? draft.finishReason;
  draft.usage = chunk.usage ?? draft.usage;
  draft.failure ??= chunk.error?.message ?? null;
}

const outcomeOf = (draft: Draft, sentMs: number, disconnected: boolean): Outcome => ({
  sentMs,
  firstTokenMs: draft.firstTokenMs,
  lastTokenMs: draft.lastTokenMs,
  endMs: performance.now(),
  events: draft.events,
  disconnected,
  finishReason: draft.finishReason,
  promptTokens: draft.usage?.prompt_tokens ?? 0,
  cachedTokens: draft.usage?.prompt_tokens_details?.cached_tokens ?? 0,
  completionTokens: draft.usage?.completion_tokens ?? 0,
  text: draft.text,
  eventTimesMs: draft.eventTimesMs,
});

/** Rejects when the answer is an error or the connection breaks. `onText` hears of each event with text so far. */
export function streamRequest(order: Order, onText: (events: number) => void = () => {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const draft: Draft = {
      firstTokenMs: 0,
      lastTokenMs: 0,
      events: 0,
      finishReason: null,
      usage: null,
      text: '',
      eventTimesMs: [],
      failure: null,
    };
    const { disconnect } = order;
    const leaveAfterTokens =
      disconnect !== undefined && 'afterTokens' in disconnect ? disconnect.afterTokens : Infinity;
    const sentMs = performance.now();
    const finish = (disconnected: boolean): void => {
      socket.destroy();
      if (draft.failure === null) resolve(outcomeOf(draft, sentMs, disconnected));
      else reject(new Error(draft.failure));
    };
    const reader = new StreamReader({
      onEvent: (event) => {
        take(draft, event, order);
        onText(draft.events);
        if (draft.events >= leaveAfterTokens) finish(true);
      },
      onEnd: () => finish(false),
    });
    const socket = openSocket(order.port, (bytes) => reader.push(bytes));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`status ${reader.status}: ${reader.rest.slice(0, 300)}`)));
    socket.write(requestText(order));
    if (disconnect !== undefined && 'afterMs' in disconnect) setTimeout(() => finish(true), disconnect.afterMs);
  });
}

/** A socket that reads into one buffer of its own and skips the stream machinery. */
function openSocket(port: number, onBytes: (bytes: Buffer) => void): Socket {
  return connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: Buffer.alloc(readBufferBytes),
      callback: (count, buffer) => {
        onBytes(Buffer.from(buffer.buffer, buffer.byteOffset, count));
        return true;
      },
    },
  });
}
