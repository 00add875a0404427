// bench [MODEL]: how fast a model answers here: time to the first token, prefill and decode, alone and in company.
import { withDeadline } from '../../core/index.ts';
import { CliFailure } from '../failure.ts';
import { useModel } from '../model-access.ts';
import { reachServer } from '../reach-server.ts';
import { type Flags, readConfig } from '../read-config.ts';
import type { ServerAddress } from '../server-address.ts';
import { formatTable } from '../table.ts';
import { measureRound, median, type Round, type RoundOptions } from './measure-round.ts';

export interface SpeedOptions {
  readonly json: boolean;
  readonly promptTokens: number;
  readonly maxTokens: number;
  /** Streams at once; a row each. */
  readonly streams: readonly number[];
  readonly runs: number;
  readonly timeLimitSeconds: number;
}

interface Row {
  readonly streams: number;
  readonly rounds: readonly Round[];
}

export async function speed(flags: Flags, options: SpeedOptions, given: string | undefined): Promise<string> {
  const model = given ?? readConfig(flags).config.defaultModel;
  const server = await reachServer(flags);
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once('SIGINT', interrupt);
  try {
    await useModel(server, model);
    using deadline = withDeadline(interrupted.signal, options.timeLimitSeconds * 1000);
    const { rows, isWhole } = await measure(server, model, options, deadline.signal);
    if (rows.length === 0) throw new CliFailure('No round was done in the time: set --time-limit, or ask for less.');
    const why = interrupted.signal.aborted ? 'Stopped' : 'The time was over';
    return options.json
      ? JSON.stringify({ model, ...about(options), isWhole, results: rows.map(resultOf) }, null, 2)
      : `${table(model, options, rows)}${isWhole ? '' : `\n\n${why} before all rounds were done.`}`;
  } finally {
    process.off('SIGINT', interrupt);
    await server.close();
  }
}

const about = ({ promptTokens, maxTokens, runs }: SpeedOptions) => ({ promptTokens, maxTokens, runs });

/** What was done when `signal` aborted counts. A first, short round warms up, and does not. */
async function measure(
  server: ServerAddress,
  model: string,
  { promptTokens, maxTokens, streams, runs }: SpeedOptions,
  signal: AbortSignal,
): Promise<{ readonly rows: readonly Row[]; readonly isWhole: boolean }> {
  const rows: { streams: number; rounds: Round[] }[] = [];
  const progress = progressLine();
  try {
    const tokenIds = await vocabularySample(server, model, signal);
    const common: RoundOptions = { server, model, tokenIds, promptTokens, maxTokens, streams: 1, signal };
    progress.show('warming up');
    await measureRound({ ...common, promptTokens: Math.min(promptTokens, 16), maxTokens: 2 });
    for (const count of streams) {
      for (let run = 1; run <= runs; run += 1) {
        progress.show(`${count} stream${count === 1 ? '' : 's'}, ${run} of ${runs}`);
        const round = await measureRound({ ...common, streams: count });
        if (run === 1) rows.push({ streams: count, rounds: [] });
        rows.at(-1)!.rounds.push(round);
      }
    }
    return { rows, isWhole: true };
  } catch (error) {
    if (!signal.aborted)
      throw error instanceof CliFailure ? error : new CliFailure('The connection to the server was lost.');
    return { rows, isWhole: false };
  } finally {
    progress.end();
  }
}

/** Tokens of plain text: any of them may stand in a prompt. */
async function vocabularySample(server: ServerAddress, model: string, signal: AbortSignal): Promise<readonly number[]> {
  const prompt = 'The quick brown fox jumps over the lazy dog while seven wise men walk along a cold river at night.';
  const response = await fetch(`${server.apiUrl}/tokenize`, {
    method: 'POST',
    headers: { ...server.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ model, prompt, add_special_tokens: false }),
    signal,
  });
  const answer = (await response.json()) as { tokens?: number[]; error?: { message: string } };
  if (answer.tokens === undefined) throw new CliFailure(answer.error?.message ?? `HTTP ${response.status}`);
  return [...new Set(answer.tokens)];
}

const spreadOf = (values: readonly number[]) => ({
  median: rounded(median(values)),
  least: rounded(Math.min(...values)),
  most: rounded(Math.max(...values)),
});
const rounded = (value: number): number => Math.round(value * 10) / 10;

const resultOf = ({ streams, rounds }: Row) => ({
  streams,
  rounds: rounds.length,
  timeToFirstTokenMs: spreadOf(rounds.map((round) => round.timeToFirstTokenMs)),
  prefillTokensPerSecond: spreadOf(rounds.map((round) => round.prefillTokensPerSecond)),
  decodeTokensPerSecond: spreadOf(rounds.map((round) => round.decodeTokensPerSecond)),
});

function table(model: string, { promptTokens, maxTokens }: SpeedOptions, rows: readonly Row[]): string {
  const shown = ({ median: middle, least, most }: ReturnType<typeof spreadOf>): string =>
    `${middle.toFixed(1)} (${least.toFixed(1)}–${most.toFixed(1)})`;
  const header = ['STREAMS', 'ROUNDS', 'FIRST TOKEN, MS', 'PREFILL, TOK/S', 'DECODE, TOK/S'];
  const cells = rows
    .map(resultOf)
    .map((result) => [
      String(result.streams),
      String(result.rounds),
      shown(result.timeToFirstTokenMs),
      shown(result.prefillTokensPerSecond),
      shown(result.decodeTokensPerSecond),
    ]);
  const head = `${model}: ${promptTokens} prompt tokens, ${maxTokens} answered; median (least–most)`;
  return `${head}\n\n${formatTable(header, cells, { right: header, maxWidth: process.stdout.columns })}`;
}

/** One line that changes on a terminal, nothing elsewhere. */
function progressLine() {
  const { stderr } = process;
  const clear = '\r\u001b[2K';
  return {
    show: (text: string): void => void (stderr.isTTY && stderr.write(`${clear}${text} …`)),
    end: (): void => void (stderr.isTTY && stderr.write(clear)),
  };
}
