import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody, encodeBody } from './body.ts';

const bytes = (length: number, seed: number): Buffer => Buffer.alloc(length, `${seed}-`);

const key = fc.constantFrom('a', 'b', 'pixels');
const byteString = fc
  .tuple(fc.constantFrom(0, 15, 16_383, 16_384, 70_000), fc.nat(9))
  .map(([length, seed]) => bytes(length, seed).toString('base64'));
const leaf = fc.oneof(fc.constantFrom(null, 1, 'text', [1, 2, 3], [['x']]), fc.record({ bytes: byteString }));
const tree = fc.dictionary(key, fc.oneof(leaf, fc.array(fc.dictionary(key, leaf), { maxLength: 4 })));

/** Byte strings in place of what stands for them: fast-check would print them byte by byte. */
const withBytes = (text: string): unknown =>
  JSON.parse(text, (name, one: unknown) => (name === 'bytes' ? Buffer.from(one as string, 'base64') : one));

describe('a body', () => {
  it('decodes to what was encoded, whatever byte strings it holds and wherever they are', () => {
    fc.assert(
      fc.property(tree, (plain) => {
        const value = withBytes(JSON.stringify(plain));
        const { segments, length } = encodeBody(value);
        const whole = Buffer.concat(segments);
        expect(whole.length).toBe(length);
        expect(JSON.stringify(decodeBody(whole)) === JSON.stringify(value)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('holds large byte strings as they are, without a copy', () => {
    const large = bytes(100_000, 1);
    const { segments } = encodeBody({ image: { pixels: large }, other: bytes(10, 2) });
    expect(segments.filter((segment) => segment === large)).toHaveLength(1);
    expect(segments.reduce((sum, segment) => sum + (segment === large ? 0 : segment.length), 0)).toBeLessThan(100);
  });
});
