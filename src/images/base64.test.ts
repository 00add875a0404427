import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from './base64.ts';
import { maxImageBytes } from './limits.ts';

const signal = new AbortController().signal;
const decode = (text: string): Promise<Buffer> => decodeBase64(text, signal);

describe('base64', () => {
  it('of any bytes gives those bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3000 }), async (bytes) =>
        (await decode(Buffer.from(bytes).toString('base64'))).equals(bytes),
      ),
    );
  });

  it('of several slices is put together without a seam', async () => {
    for (const extra of [0, 1, 2]) {
      const bytes = Buffer.from(Uint8Array.from({ length: 2 * 786_432 + extra }, (_, index) => (index * 7) % 251));
      expect((await decode(bytes.toString('base64'))).equals(bytes)).toBe(true);
    }
  });

  it('of exactly 10 MB is taken, of a byte more is not', async () => {
    expect(await decode(Buffer.alloc(maxImageBytes, 1).toString('base64'))).toHaveLength(maxImageBytes);
    const more = decode(Buffer.alloc(maxImageBytes + 1, 1).toString('base64'));
    await expect(more).rejects.toMatchObject({ code: 'image_too_large', message: expect.stringContaining('10485760') });
  });

  it.each([
    '',
    'A',
    'AA',
    'AAA',
    'AA=',
    'AB==',
    'AAB=',
    '=AAA',
    'AA==AAAA',
    'A===',
    '====',
    'AA-_',
    'AA\nA',
    'AAA ',
    'AAAé',
  ])('that reads %j is refused', async (text) => {
    await expect(decode(text)).rejects.toMatchObject({ code: 'image_refused' });
  });

  it('with one wrong character in the last of many slices is refused', async () => {
    const text = Buffer.alloc(3 * 786_432).toString('base64');
    await expect(decode(`${text.slice(0, -2)}*A`)).rejects.toMatchObject({ code: 'image_refused' });
  });

  it('lets others run between its slices, and stops when nobody wants it any more', async () => {
    const left = new AbortController();
    setImmediate(() => left.abort(new Error('the client left')));
    const text = Buffer.alloc(maxImageBytes).toString('base64');
    await expect(decodeBase64(text, left.signal)).rejects.toThrow('the client left');
  });
});
