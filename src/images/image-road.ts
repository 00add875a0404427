// The images of one request → checked pixels. In parallel and bounded; the first failure ends the rest, and so does a
// caller that leaves. Says which image it was.
import { type DecodedImage, ServerError } from '../core/index.ts';
import { createImageLoader, type ImageRoadOptions } from './image-loader.ts';
import { ImageProblem } from './image-problem.ts';
import { maxImagesPerRequest } from './limits.ts';
import { parseSource, type Source } from './source.ts';

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

export function createImageRoad(options: ImageRoadOptions): ImageRoad {
  const loader = createImageLoader(options);
  return {
    async prepare(named, { signal }) {
      if (named.length > maxImagesPerRequest) throw tooMany(named);
      const parsed = parseAll(named); // All of them before any disk or network is touched.
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      try {
        const loaded = await Promise.all(
          [...parsed].map(async ([text, { source, place }]) => {
            const result = await loader.load(source, either).catch((error: unknown) => {
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
      return loader.pids;
    },
    close: () => loader.close(),
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
