// A request's bytes → a JSON value, bounded in every direction. Small bodies are parsed where they are, large ones on a
// thread; either way the event loop is never held for long.
import type { IncomingMessage } from 'node:http';
import { ServerError } from '../../core/index.ts';
import type { BodyAccount } from '../body-budget.ts';
import { JsonScan } from './json-scan.ts';
import type { JsonJob, JsonThread } from './json-thread.ts';

export interface JsonBodyOptions {
  readonly thread: JsonThread;
  readonly maxBytes: number;
  /** Where every byte is booked before it is kept; a body that fails gives them back. */
  readonly account: BodyAccount;
}

/** A body up to this size is parsed at once. */
const maxInlineBytes = 1024 * 1024;

/** The value, undefined for an empty body. @throws ServerError `invalid_request`, `payload_too_large`, `insufficient_memory` */
export async function readJsonBody(payload: IncomingMessage, options: JsonBodyOptions): Promise<unknown> {
  const collected = await collect(payload, options);
  if (payload.rawTrailers.length > 0) throw new ServerError('invalid_request', 'A request may not have trailers.');
  let value: unknown;
  try {
    value = 'job' in collected ? await collected.job.end() : parse(collected.bytes);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) throw notJson(error);
    throw error;
  }
  checkValues(value);
  return value;
}

type Collected = { readonly bytes: Buffer } | { readonly job: JsonJob };

function collect(payload: IncomingMessage, { thread, maxBytes, account }: JsonBodyOptions): Promise<Collected> {
  const scan = new JsonScan();
  let chunks: Buffer[] = [];
  let size = 0;
  let job: JsonJob | undefined;
  const take = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > maxBytes) throw new ServerError('payload_too_large', 'The body is larger than this server accepts.');
    account.add(chunk.length);
    scan.push(chunk);
    chunks.push(chunk);
    if (size <= maxInlineBytes) return;
    job ??= thread.begin();
    for (const bytes of chunks) job.add(bytes);
    chunks = [];
  };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      stop();
      job?.drop();
      account.close();
      reject(error as Error);
    };
    const onData = (chunk: Buffer): void => {
      try {
        take(chunk);
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = (): void => {
      stop();
      resolve(job === undefined ? { bytes: Buffer.concat(chunks) } : { job });
    };
    const onClose = (): void => fail(new ServerError('invalid_request', 'The body ended early.'));
    const stop = (): void => {
      payload.off('data', onData).off('end', onEnd).off('error', fail).off('close', onClose);
    };
    payload.on('data', onData).once('end', onEnd).once('error', fail).once('close', onClose);
  });
}

function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
}

/** A parser's message quotes the body; how much of it is V8's choice. */
const notJson = (cause: Error): ServerError => {
  const why = cause instanceof TypeError ? 'it is not UTF-8' : cause.message.replace(/[^\x20-\x7e]/g, '?').slice(0, 90);
  return new ServerError('invalid_request', `The body is not valid JSON: ${why}.`);
};

/** Refuses what JSON can spell and no field can mean: numbers beyond every range, halves of a character. */
function checkValues(root: unknown): void {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') {
      if (!value.isWellFormed())
        throw new ServerError(
          'invalid_request',
          'The body holds half of a surrogate pair: cut text between characters.',
        );
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value)) throw new ServerError('invalid_request', 'The body holds a number out of range.');
    } else if (typeof value === 'object' && value !== null) {
      for (const key in value) open.push((value as Record<string, unknown>)[key]);
    }
  }
}
