import { expect, it } from 'vitest';
import { imageKey } from './image-key.ts';

const signal = new AbortController().signal;

it('a file has another key when any of its bytes, its length or its size in pixels is another', async () => {
  const file = Buffer.alloc(3 * 1024 * 1024, 1);
  const key = await imageKey(file, 512, signal);
  expect(await imageKey(Buffer.from(file), 512, signal)).toBe(key);
  const others = [0, 1024 * 1024, file.length - 1].map((place) => {
    const other = Buffer.from(file);
    other[place] = 2;
    return imageKey(other, 512, signal);
  });
  others.push(imageKey(file.subarray(1), 512, signal), imageKey(file, 513, signal), imageKey(file, null, signal));
  expect(new Set([key, ...(await Promise.all(others))]).size).toBe(7);
});

it('nobody waits for the key of an image that nobody wants', async () => {
  const left = new AbortController();
  setImmediate(() => left.abort(new Error('the client left')));
  await expect(imageKey(Buffer.alloc(10 * 1024 * 1024), 512, left.signal)).rejects.toThrow('the client left');
});
