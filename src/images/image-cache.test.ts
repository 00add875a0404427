import { expect, it } from 'vitest';
import { createImageCache } from './image-cache.ts';

const image = (bytes = 3) => ({ width: 1, height: 1, pixels: new Uint8Array(bytes) });
const create = (more: object = {}) => {
  const time = { ms: 0 };
  const clock = { monotonicMs: () => time.ms, wallMs: () => 0 };
  return { time, cache: createImageCache({ maxEntries: 2, maxBytes: 1000, ttlMs: 100, clock, ...more }) };
};

it('the image that was used longest ago is forgotten first', () => {
  const { cache } = create();
  const [a, b] = [image(), image()];
  cache.set('a', a);
  cache.set('b', b);
  expect(cache.get('a')).toBe(a);
  cache.set('c', image());
  expect(cache.get('b')).toBeUndefined();
  expect(cache.get('a')).toBe(a);
});

it('an image is forgotten after its time', () => {
  const { cache, time } = create();
  cache.set('a', image());
  time.ms = 99;
  expect(cache.get('a')).toBeDefined();
  time.ms = 100;
  expect(cache.get('a')).toBeUndefined();
});

it('bytes are bounded as well as entries', () => {
  const { cache } = create({ maxEntries: 100 });
  for (const key of ['a', 'b', 'c', 'd']) cache.set(key, image(400));
  expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key) !== undefined)).toEqual(['c', 'd']);
  cache.set('c', image(1));
  cache.set('e', image(500));
  expect(['c', 'd', 'e'].filter((key) => cache.get(key) !== undefined)).toEqual(['c', 'd', 'e']);
});

it('a cache of no entries keeps nothing', () => {
  const { cache } = create({ maxEntries: 0 });
  cache.set('a', image());
  expect(cache.get('a')).toBeUndefined();
});
