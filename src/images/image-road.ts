// The images of one request → checked pixels: parse, get the bytes, look what they are, decode. In parallel and bounded;
// the first failure ends the rest, and so does a caller that leaves.
import { availableParallelism } from 'node:os';
import { type Clock, type DecodedImage, ServerError } from '../core/index.ts';
import { createAddressGuard } from './address-guard.ts';
import { decodeBase64 } from './base64.ts';
import { createDecodePool, type DecodePoolOptions } from './decode-pool.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { type Resolve, systemResolve } from './guarded-lookup.ts';
import { createImageCache } from './image-cache.ts';
import { imageKey } from './image-key.ts';
import { ImageProblem, refused } from './image-problem.ts';
import { maxImagesPerRequest } from './limits.ts';
import { readLocalFile } from './local-file.ts';
import { sniffFormat } from './sniff.ts';
import { parseSource, type Source } from './source.ts';
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

/** An image as a request names it, and the field that named it. */
export interface NamedImage {
  readonly source: string;
  readonly param: string;
}

export interface PreparedImages {
  /** By source: the same source is the same image. */
  readonly images: ReadonlyMap<string, DecodedImage>;
  /** Images that were taken from the cache. */
  readonly cacheHits: number;
}

export interface ImageRoad {
  /** Rejects with ServerError `image_refused`, `image_too_large` or `too_many_images`, or with `signal.reason`. */
  prepare(named: readonly NamedImage[], options: { readonly signal: AbortSignal }): Promise<PreparedImages>;
  /** Of the decode processes that live. */
  readonly pids: readonly number[];
  /** Ends the decode processes. */
  close(): Promise<void>;
}

const downloadsAtATime = 16;
const maxCacheBytes = 256 * 1024 ** 2;
/** A core each, and hardly more than one request's images. */
const size = Math.min(availableParallelism(), 4);
const decoderDefaults = { size, startTimeoutMs: 30_000, decodeTimeoutMs: 10_000, idleMs: 60_000 };
const networkDefaults = { resolve: systemResolve, connectTimeoutMs: 5000, totalTimeoutMs: 10_000 };

export function createImageRoad(options: ImageRoadOptions): ImageRoad {
  const { maxDimension, clock } = options;
  const guard = createAddressGuard(options.allowedHosts);
  const fetchImage = createGuardedFetch({ ...networkDefaults, ...options.network, guard });
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
        return fetchImage(source.url, signal).finally(leave);
      }
    }
  };
  const load = async (source: Source, signal: AbortSignal): Promise<{ image: DecodedImage; cached: boolean }> => {
    const file = await bytesOf(source, signal);
    const format = sniffFormat(file);
    if (format === undefined) throw refused('is no JPEG, PNG, WebP, GIF or BMP');
    const key = await imageKey(file, maxDimension, signal);
    const known = cache.get(key);
    if (known !== undefined) return { image: known, cached: true };
    const image = await pool.decode({ format, maxDimension }, file, signal);
    cache.set(key, image);
    return { image, cached: false };
  };

  return {
    async prepare(named, { signal }) {
      if (named.length > maxImagesPerRequest) throw tooMany(named);
      const parsed = parseAll(named); // All of them before any disk or network is touched.
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      try {
        const loaded = await Promise.all(
          [...parsed].map(async ([text, { source, place }]) => {
            const result = await load(source, either).catch((error: unknown) => {
              throw placed(error, place);
            });
            return [text, result] as const;
          }),
        );
        return {
          images: new Map(loaded.map(([text, { image }]) => [text, image])),
          cacheHits: loaded.filter(([, { cached }]) => cached).length,
        };
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        stop.abort(); // Downloads and places in the line of a request that has failed.
      }
    },
    get pids() {
      return pool.pids;
    },
    close: () => pool.close(),
  };
}

interface Place {
  /** From 1, as people count. */
  readonly number: number;
  readonly param: string;
}

function parseAll(named: readonly NamedImage[]): Map<string, { readonly source: Source; readonly place: Place }> {
  const parsed = new Map<string, { source: Source; place: Place }>();
  for (const [index, { source, param }] of named.entries()) {
    if (parsed.has(source)) continue;
    const place = { number: index + 1, param };
    try {
      parsed.set(source, { source: parseSource(source), place });
    } catch (error) {
      throw placed(error, place);
    }
  }
  return parsed;
}

/** Says which image it was. */
function placed(error: unknown, { number, param }: Place): unknown {
  if (!(error instanceof ImageProblem)) return error;
  return new ServerError(error.code, `Image ${number} ${error.message}.`, { param, cause: error.cause ?? error });
}

function tooMany(named: readonly NamedImage[]): ServerError {
  const text = `The request has ${named.length} images; ${maxImagesPerRequest} are the most, those of earlier turns included.`;
  return new ServerError('too_many_images', text, { param: named[maxImagesPerRequest]!.param });
}
