// One source → checked pixels: get the bytes, look what they are, decode them, unless that was done before.
import { availableParallelism } from 'node:os';
import type { Clock, DecodedImage } from '../core/index.ts';
import { createAddressGuard } from './address-guard.ts';
import { decodeBase64 } from './base64.ts';
import { createDecodePool, type DecodePoolOptions } from './decode-pool.ts';
import type { FetchImage } from './guarded-fetch.ts';
import { type Resolve, systemResolve } from './guarded-lookup.ts';
import { createImageCache } from './image-cache.ts';
import { imageKey } from './image-key.ts';
import { refused } from './image-problem.ts';
import { readLocalFile } from './local-file.ts';
import { sniffFormat } from './sniff.ts';
import type { Source } from './source.ts';
import { createTurnstile } from './turnstile.ts';

export interface ImageRoadOptions {
  readonly allowedFolders: readonly string[];
  /** Names, addresses and CIDRs that are opened though they are not public. */
  readonly allowedHosts: readonly string[];
  /** The longer side is reduced to this; null leaves images as they are. */
  readonly maxDimension: number | null;
  readonly cache: { readonly maxEntries: number; readonly ttlMs: number };
  readonly decoder: Pick<DecodePoolOptions, 'program'> & Partial<DecodePoolOptions>;
  readonly clock: Clock;
  /** For tests: names without a name server, and deadlines that are worth waiting for. */
  readonly network?: {
    readonly resolve?: Resolve;
    readonly connectTimeoutMs?: number;
    readonly totalTimeoutMs?: number;
  };
}

export interface LoadedImage {
  readonly image: DecodedImage;
  /** It was taken from the cache. */
  readonly cached: boolean;
}

export interface ImageLoader {
  /** Rejects with ImageProblem, ServerError or `signal.reason`. */
  load(source: Source, signal: AbortSignal): Promise<LoadedImage>;
  /** Of the decode processes that live. */
  readonly pids: readonly number[];
  close(): Promise<void>;
}

const downloadsAtATime = 16;
const maxCacheBytes = 256 * 1024 ** 2;
/** A core each, and hardly more than one request's images. */
const size = Math.min(availableParallelism(), 4);
const decoderDefaults = { size, startTimeoutMs: 30_000, decodeTimeoutMs: 10_000, idleMs: 60_000 };
const networkDefaults = { resolve: systemResolve, connectTimeoutMs: 5000, totalTimeoutMs: 10_000 };

export function createImageLoader(options: ImageRoadOptions): ImageLoader {
  const { maxDimension, clock } = options;
  const guard = createAddressGuard(options.allowedHosts);
  const network = { ...networkDefaults, ...options.network, guard };
  let fetching: Promise<FetchImage> | undefined; // Its library takes a tenth of a second to load, which no start should wait for.
  const downloads = createTurnstile(downloadsAtATime);
  const pool = createDecodePool({ ...decoderDefaults, ...options.decoder });
  const cache = createImageCache({ ...options.cache, maxBytes: maxCacheBytes, clock });

  const bytesOf = async (source: Source, signal: AbortSignal): Promise<Buffer> => {
    switch (source.kind) {
      case 'data':
        return decodeBase64(source.base64, signal);
      case 'file':
        return readLocalFile(source.path, options.allowedFolders);
      case 'url': {
        const leave = await downloads.enter(signal);
        fetching ??= import('./guarded-fetch.ts').then(({ createGuardedFetch }) => createGuardedFetch(network));
        return fetching.then((fetchImage) => fetchImage(source.url, signal)).finally(leave);
      }
    }
  };
  return {
    async load(source, signal) {
      const file = await bytesOf(source, signal);
      const format = sniffFormat(file);
      if (format === undefined) throw refused('is no JPEG, PNG, WebP, GIF or BMP');
      const key = await imageKey(file, maxDimension, signal);
      const known = cache.get(key);
      if (known !== undefined) return { image: known, cached: true };
      const image = await pool.decode({ format, maxDimension }, file, signal);
      cache.set(key, image);
      return { image, cached: false };
    },
    get pids() {
      return pool.pids;
    },
    close: () => pool.close(),
  };
}
