// One round of a measurement: so many streams at once, each with a prompt of its own that no cache knows.
import { createParser } from 'eventsource-parser';
import { CliFailure } from '../failure.ts';
import type { ServerAddress } from '../server-address.ts';

export interface RoundOptions {
  readonly server: Pick<ServerAddress, 'apiUrl' | 'headers'>;
  readonly model: string;
  /** Of the model's vocabulary; prompts are drawn from them. */
  readonly tokenIds: readonly number[];
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly streams: number;
  readonly signal: AbortSignal;
}

export interface Round {
  /** To the first token of each stream; the median of them. */
  readonly timeToFirstTokenMs: number;
  /** Prompt tokens of all streams, over the time until the last of them had its first token. */
  readonly prefillTokensPerSecond: number;
  /** Tokens behind the first ones, over the time from the earliest first to the very last. */
  readonly decodeTokensPerSecond: number;
}

interface Stream {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** @throws CliFailure with the server's message; `signal.reason` when it aborts. */
export async function measureRound(options: RoundOptions): Promise<Round> {
  const startMs = performance.now();
  const streams = await Promise.all(Array.from({ length: options.streams }, () => measureStream(options)));
  return roundOf(streams, startMs);
}

export function roundOf(streams: readonly Stream[], startMs: number): Round {
  const firsts = streams.map(({ firstMs }) => firstMs);
  const sum = (count: (stream: Stream) => number): number =>
    streams.reduce((total, stream) => total + count(stream), 0);
  const perSecond = (tokens: number, ms: number): number => tokens / (Math.max(ms, 0.001) / 1000);
  const decodeMs = Math.max(...streams.map(({ lastMs }) => lastMs)) - Math.min(...firsts);
  return {
    timeToFirstTokenMs: median(firsts.map((firstMs) => firstMs - startMs)),
    prefillTokensPerSecond: perSecond(
      sum(({ promptTokens }) => promptTokens),
      Math.max(...firsts) - startMs,
    ),
    decodeTokensPerSecond: perSecond(
      sum(({ completionTokens }) => completionTokens - 1),
      decodeMs,
    ),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

interface Chunk {
  readonly choices?: readonly { readonly text?: string }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
  readonly error?: { readonly message: string };
}

async function measureStream(options: RoundOptions): Promise<Stream> {
  const { server, model, tokenIds, promptTokens, maxTokens, signal } = options;
  const prompt = Array.from({ length: promptTokens }, () => tokenIds[Math.floor(Math.random() * tokenIds.length)]!);
  const ending = { max_tokens: maxTokens, ignore_eos: true, temperature: 0, stream_options: { include_usage: true } };
  const response = await fetch(`${server.apiUrl}/v1/completions`, {
    method: 'POST',
    headers: { ...server.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ model, prompt, stream: true, ...ending }),
    signal,
  });
  if (!response.ok)
    throw new CliFailure(((await response.json()) as Chunk).error?.message ?? `HTTP ${response.status}`);
  let firstMs: number | undefined;
  let lastMs = 0;
  let usage: NonNullable<Chunk['usage']> | undefined;
  const parser = createParser({
    onEvent({ data }) {
      if (data === '[DONE]') return;
      const chunk = JSON.parse(data) as Chunk;
      if (chunk.error !== undefined) throw new CliFailure(chunk.error.message);
      usage = chunk.usage ?? usage;
      if (chunk.choices?.[0] === undefined) return;
      lastMs = performance.now();
      firstMs ??= lastMs;
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of response.body!) parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }));
  if (firstMs === undefined || usage === undefined)
    throw new CliFailure('The server ended a stream without its usage.');
  return { firstMs, lastMs, promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens };
}
