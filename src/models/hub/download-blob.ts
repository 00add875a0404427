// One file of a repository into the cache: goes on where an earlier try ended, checks every byte's hash, and gives the blob its
// name only then.
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubCache } from './hub-cache.ts';
import type { HubClient, HubFile } from './hub-client.ts';
import { downloadFailed, TransferFailure } from './hub-error.ts';

export interface BlobJob {
  readonly client: HubClient;
  readonly cache: HubCache;
  readonly repository: string;
  readonly commit: string;
  readonly file: HubFile;
  /** Told how many bytes were gained; less than 0 when bytes had to be thrown away. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
  /** Of the first wait after a failure; doubled with each further one without progress. */
  readonly retryDelayMs?: number | undefined;
}

const maxFailures = 6;
const maxDelayMs = 30_000;

/** @throws ServerError; AbortError, which keeps what has arrived for the next time */
export async function downloadBlob(job: BlobJob): Promise<void> {
  const { cache, file, signal, retryDelayMs = 500 } = job;
  let failures = 0;
  let wasDamaged = false;
  for (;;) {
    const before = await sizeOf(cache.incomplete(file));
    try {
      const digest = await transfer(job);
      if (digest === file.etag) break;
      job.onBytes(-(await sizeOf(cache.incomplete(file))));
      await rm(cache.incomplete(file), { force: true });
      if (wasDamaged)
        throw downloadFailed(`${file.path} arrived damaged twice: its hash is not the one that is listed.`);
      wasDamaged = true;
    } catch (error) {
      if (!(error instanceof TransferFailure)) throw error;
      failures = (await sizeOf(cache.incomplete(file))) > before ? 1 : failures + 1;
      if (failures >= maxFailures) throw downloadFailed(`The download of ${file.path} failed: ${error.message}.`);
      await sleep(error.retryAfterMs ?? Math.min(retryDelayMs * 2 ** (failures - 1), maxDelayMs), undefined, {
        signal,
      });
    }
  }
  await rename(cache.incomplete(file), cache.blob(file));
}

/** Fetches what is missing; the digest of the whole. */
async function transfer({ client, cache, repository, commit, file, onBytes, signal }: BlobJob): Promise<string> {
  const path = cache.incomplete(file);
  let have = await sizeOf(path);
  if (have > file.bytes) {
    onBytes(-have);
    await rm(path, { force: true });
    have = 0;
  }
  let hash = await hashOf(path, file, have, signal);
  if (have === file.bytes && have > 0) return hash.digest('hex');
  const body = await client.open({ repository, commit, file, offset: have }, signal);
  const target = await open(path, have > 0 ? 'r+' : 'w');
  try {
    if (body.offset !== have) {
      onBytes(-have);
      await target.truncate(0);
      hash = newHash(file);
      have = 0;
    }
    for await (const chunk of body.stream as AsyncIterable<Buffer>) {
      if (have + chunk.length > file.bytes) throw new TransferFailure(`more arrived than its ${file.bytes} bytes`);
      hash.update(chunk);
      await write(target, chunk, have);
      have += chunk.length;
      onBytes(chunk.length);
    }
  } catch (error) {
    body.stream.destroy();
    throw asFailure(error, signal);
  } finally {
    await target.close();
  }
  if (have < file.bytes) throw new TransferFailure(`it broke off at ${have} of ${file.bytes} bytes`);
  return hash.digest('hex');
}

async function write(target: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await target.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
  }
}

/** Trouble with the disk is not the hub's. */
function asFailure(error: unknown, signal: AbortSignal): unknown {
  signal.throwIfAborted();
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return downloadFailed('The disk is full. What has arrived is kept.', error);
  if (error instanceof TransferFailure || code === 'EROFS' || code === 'EACCES' || code === 'EIO') return error;
  return new TransferFailure(`the connection broke off (${code ?? message})`);
}

/** A large file is named by its SHA-256, a small one by the SHA-1 that git gives it. */
const newHash = ({ etag, bytes }: HubFile): Hash =>
  etag.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`);

async function hashOf(path: string, file: HubFile, bytes: number, signal: AbortSignal): Promise<Hash> {
  const hash = newHash(file);
  if (bytes === 0) return hash;
  for await (const chunk of createReadStream(path, { end: bytes - 1, signal })) hash.update(chunk as Buffer);
  return hash;
}

export const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0, // Nothing of it has arrived.
  );
