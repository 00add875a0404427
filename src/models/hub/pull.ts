// A model from a hub into the cache, whole or not at all: list → choose → space → blobs, four at a time → publish.
import { statSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { requireModelId, ServerError } from '../../core/index.ts';
import { acquireFileLock, bindFlock, type TryLock } from '../../locks/index.ts';
import { chooseFiles } from './choose-files.ts';
import { type BlobJob, downloadBlob, sizeOf } from './download-blob.ts';
import { type HubCache, openHubCache } from './hub-cache.ts';
import { createHubClient, type HubFile } from './hub-client.ts';
import { downloadFailed, TransferFailure } from './hub-error.ts';

export interface PullProgress {
  /** Bytes that are on this disk, of `totalBytes`; those of earlier tries included. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly files: number;
}

export interface PullOptions {
  readonly huggingFaceHome: string;
  readonly endpoint: string;
  readonly token: string | null;
  /** Nothing is asked of the hub. */
  readonly offline: boolean;
  readonly retryDelayMs?: number;
}

export interface PullWatch {
  readonly onProgress: (progress: PullProgress) => void;
  /** Another process is at the same file; what it brings is used. */
  readonly onWait: () => void;
  readonly signal: AbortSignal;
}

const filesAtOnce = 4;
const spareBytes = 64 * 1024 * 1024;
const lockPollMs = 500;

/**
 * Resolves once `model` (org/name, org/name:TAG) is in the cache. Whatever ends it early keeps what has arrived.
 * @throws ServerError invalid_request, model_not_found, model_unsupported, worker_start_failed; the signal's reason
 */
export async function pullModel(model: string, options: PullOptions, watch: PullWatch): Promise<void> {
  const id = requireModelId(model);
  if (options.offline) throw downloadFailed(`${model} is not downloaded: HF_HUB_OFFLINE is set.`);
  const client = createHubClient(options);
  const repository = `${id.org}/${id.name}`;
  const { commit, files } = await client.list(repository, watch.signal).catch(asRefusal);
  const chosen = chooseFiles(id, files);
  const cache = openHubCache(options.huggingFaceHome, id);
  await cache.prepare();
  const progress = await startProgress(cache, chosen, watch.onProgress);
  await requireSpace(options.huggingFaceHome, progress.missingBytes);
  const tryLock = await bindFlock();
  const job = { client, cache, repository, commit, onBytes: progress.add, retryDelayMs: options.retryDelayMs };
  await inTurns(chosen, watch.signal, (file, signal) => fetchOnce({ ...job, file, signal }, tryLock, watch.onWait));
  // What earlier pulls brought of this commit, such as another quantisation, stays in sight.
  await cache.publish(
    commit,
    files.filter((file) => hasBlob(cache, file)),
  );
}

function asRefusal(error: unknown): never {
  throw error instanceof TransferFailure ? downloadFailed(`The hub does not answer: ${error.message}.`) : error;
}

/** One of another length was cut short since, and is fetched anew. */
const hasBlob = (cache: HubCache, file: HubFile): boolean =>
  statSync(cache.blob(file), { throwIfNoEntry: false })?.size === file.bytes;

async function startProgress(cache: HubCache, files: readonly HubFile[], tell: (progress: PullProgress) => void) {
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  for (const file of files) {
    doneBytes += hasBlob(cache, file) ? file.bytes : await sizeOf(cache.incomplete(file));
  }
  const add = (bytes: number): void => {
    doneBytes += bytes;
    tell({ doneBytes, totalBytes, files: files.length });
  };
  add(0);
  return { add, missingBytes: totalBytes - doneBytes };
}

async function requireSpace(folder: string, missingBytes: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes >= missingBytes + spareBytes) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw downloadFailed(
    `${gigabytes(missingBytes)} are missing and ${gigabytes(freeBytes)} are free. Make room, or set HF_HOME.`,
  );
}

/** One process at a time writes a file; who waited finds it done, or goes on with it. */
async function fetchOnce(job: BlobJob, tryLock: TryLock, onWait: () => void): Promise<void> {
  const { cache, file, signal, onBytes } = job;
  const seenBytes = await sizeOf(cache.incomplete(file));
  let waited = false;
  while (!hasBlob(cache, file)) {
    const lock = await acquireFileLock(cache.lock(file), tryLock, 0);
    if (lock.kind === 'held') {
      try {
        if (waited) onBytes((await sizeOf(cache.incomplete(file))) - seenBytes);
        if (!hasBlob(cache, file)) await downloadBlob(job);
        return;
      } finally {
        lock.release();
      }
    }
    if (lock.kind === 'unavailable') {
      throw new ServerError('worker_start_failed', `The cache cannot be locked (${lock.reason}).`);
    }
    if (!waited) onWait();
    waited = true;
    await sleep(lockPollMs, undefined, { signal });
  }
  if (waited) onBytes(file.bytes - seenBytes);
}

/** A few at a time; the first failure stops the others. */
async function inTurns(
  files: readonly HubFile[],
  signal: AbortSignal,
  act: (file: HubFile, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const queue = [...new Map(files.map((file) => [file.etag, file])).values()];
  const lane = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await act(file, both);
  };
  const lanes = Array.from({ length: filesAtOnce }, () =>
    lane().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(lanes);
  signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
