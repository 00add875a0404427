// HTTP to a Hugging Face hub: the list of a repository's files, and the bytes of one from an offset on. Decides nothing about
// files and writes nothing. Follows redirects by hand: the token goes to the hub's own host alone.
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { z } from 'zod';
import { downloadFailed, refusalOf, TransferFailure } from './hub-error.ts';

export interface HubOptions {
  /** https://huggingface.co, or a mirror of it. */
  readonly endpoint: string;
  readonly token: string | null;
}

export interface HubFile {
  /** Path inside the repository. */
  readonly path: string;
  readonly bytes: number;
  /** Names the blob in the cache, as the hub's own libraries do: SHA-256 of a large file, git's SHA-1 of a small one. */
  readonly etag: string;
}

export interface HubListing {
  /** 40 hexadecimal digits. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

export interface HubBody {
  readonly stream: Readable;
  /** Where in the file the bytes begin: 0 where the hub knows no ranges. */
  readonly offset: number;
}

export interface HubClient {
  /** @throws ServerError model_not_found, worker_start_failed; TransferFailure */
  list(repository: string, signal: AbortSignal): Promise<HubListing>;
  /** @throws ServerError, TransferFailure */
  open(
    at: { repository: string; commit: string; file: HubFile; offset: number },
    signal: AbortSignal,
  ): Promise<HubBody>;
}

const maxRedirects = 5;
const maxListingBytes = 32 * 1024 * 1024;
const maxRetryAfterMs = 120_000;
const redirects = new Set([301, 302, 303, 307, 308]);

/** No part of a path that could lead out of the snapshot folder. */
const safePath = z
  .string()
  .max(1024)
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !/[\\\0]/.test(path),
    'is not a path inside the repository',
  );
const listing = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z
    .array(
      z.object({
        rfilename: safePath,
        size: z.int().nonnegative().nullish(),
        blobId: z
          .string()
          .regex(/^[0-9a-f]{40}$/)
          .nullish(),
        lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).nullish(),
      }),
    )
    .max(20_000),
});

export function createHubClient({ endpoint, token }: HubOptions): HubClient {
  const base = new URL(endpoint);
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(base.hostname);
  const timeouts = { connectTimeout: 30_000, headersTimeout: 30_000, bodyTimeout: 30_000 };
  const dispatcher: Dispatcher = isLoopback ? new Agent(timeouts) : new EnvHttpProxyAgent(timeouts);
  const urlOf = (path: string): URL => new URL(base.pathname.replace(/\/$/, '') + path, base);

  const get = async (start: URL, headers: Record<string, string>, repository: string, signal: AbortSignal) => {
    let url = start;
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const authorization = token !== null && url.host === base.host ? { authorization: `Bearer ${token}` } : {};
      const response = await request(url, { dispatcher, signal, headers: { ...headers, ...authorization } }).catch(
        (error: NodeJS.ErrnoException) => {
          signal.throwIfAborted();
          throw new TransferFailure(`${url.host} cannot be reached (${error.code ?? error.message})`);
        },
      );
      const { statusCode, headers: answered } = response;
      if (statusCode === 200 || statusCode === 206) return response;
      response.body.on('error', () => {}).destroy(); // Of no interest any more.
      const { location } = answered;
      if (redirects.has(statusCode) && typeof location === 'string') {
        url = redirected(location, url);
        continue;
      }
      if (statusCode === 408 || statusCode === 429 || statusCode >= 500 || statusCode === 416) {
        throw new TransferFailure(`${url.host} answered ${statusCode}`, retryAfterMs(answered['retry-after']));
      }
      throw refusalOf(statusCode, { repository, host: base.host, hasToken: token !== null });
    }
    throw downloadFailed(`${base.host} redirects without an end.`);
  };

  return {
    async list(repository, signal) {
      const url = urlOf(`/api/models/${repository}/revision/main?blobs=true`);
      const { body } = await get(url, { accept: 'application/json' }, repository, signal);
      const parsed = listing.safeParse(await readJson(body, signal));
      if (!parsed.success) throw downloadFailed(`${base.host} gave a list of files that makes no sense.`, parsed.error);
      const { sha: commit, siblings } = parsed.data;
      const files = siblings.flatMap(({ rfilename: path, size, blobId, lfs }): HubFile[] => {
        if (lfs) return [{ path, bytes: lfs.size, etag: lfs.sha256 }];
        return blobId ? [{ path, bytes: size ?? 0, etag: blobId }] : [];
      });
      return { commit, files };
    },
    async open({ repository, commit, file, offset }, signal) {
      const path = file.path.split('/').map(encodeURIComponent).join('/');
      const range = offset > 0 ? { range: `bytes=${offset}-` } : {};
      const headers = { 'accept-encoding': 'identity', ...range };
      const response = await get(urlOf(`/${repository}/resolve/${commit}/${path}`), headers, repository, signal);
      if (response.statusCode === 200) return { stream: response.body, offset: 0 };
      const first = /^bytes (\d+)-/.exec(String(response.headers['content-range']))?.[1];
      if (Number(first) === offset) return { stream: response.body, offset };
      response.body.on('error', () => {}).destroy();
      throw new TransferFailure(`${base.host} sent other bytes than it was asked for`);
    },
  };
}

function redirected(location: string, from: URL): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const isDowngrade = from.protocol === 'https:' && url?.protocol !== 'https:';
  if (url === undefined || isDowngrade || !/^https?:$/.test(url.protocol)) {
    throw downloadFailed(`${from.host} redirects to an address that is not followed.`);
  }
  return url;
}

/** Seconds or a date, as milliseconds from now; bounded. */
function retryAfterMs(header: string | string[] | undefined): number | undefined {
  const seconds = Number(header);
  return header === undefined || !(seconds >= 0) ? undefined : Math.min(seconds * 1000, maxRetryAfterMs);
}

async function readJson(body: Readable, signal: AbortSignal): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxListingBytes) throw downloadFailed('The list of files is larger than any should be.');
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SyntaxError) return undefined;
    throw error instanceof TypeError || (error as NodeJS.ErrnoException).code?.startsWith('UND_') === true
      ? new TransferFailure('the list of files broke off')
      : error;
  }
}
