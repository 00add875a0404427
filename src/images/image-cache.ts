// Decoded images by what they are made of, the least recently used forgotten first. Bounded in number, bytes and age.
import type { Clock, DecodedImage } from '../core/index.ts';

export interface ImageCacheOptions {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly ttlMs: number;
  readonly clock: Clock;
}

export interface ImageCache {
  get(key: string): DecodedImage | undefined;
  set(key: string, image: DecodedImage): void;
}

export function createImageCache({ maxEntries, maxBytes, ttlMs, clock }: ImageCacheOptions): ImageCache {
  /** In order of use. */
  const entries = new Map<string, { readonly image: DecodedImage; readonly expiresMs: number }>();
  let bytes = 0;

  const forget = (key: string): void => {
    bytes -= entries.get(key)?.image.pixels.length ?? 0;
    entries.delete(key);
  };
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (entry.expiresMs <= clock.monotonicMs()) {
        forget(key);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, entry);
      return entry.image;
    },
    set(key, image) {
      forget(key);
      entries.set(key, { image, expiresMs: clock.monotonicMs() + ttlMs });
      bytes += image.pixels.length;
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && bytes <= maxBytes) break;
        forget(oldest);
      }
    },
  };
}
