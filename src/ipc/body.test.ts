import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBody, encodeBody } from './body.ts';

const bytes = (length: number, seed: number): Buffer => Buffer.alloc(length, `${seed}-`);

describe('a body', () => {
  it('decodes to what was encoded, whatever byte strings it holds and wherever they are', () => {
    const leaf = fc.oneof(
      fc
        .record({ length: fc.constantFrom(0, 15, 16_383, 16_384, 70_000), seed: fc.nat(9) })
        .map(({ length, seed }) => bytes(length, seed)),
      fc.constantFrom(null, 1, 'text', [1, 2, 3], [['x']]),
    );
    const key = fc.constantFrom('a', 'b', 'pixels');
    const value = fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(leaf, fc.array(fc.dictionary(key, leaf))));
    fc.assert(
      fc.property(value, (tree) => {
        const plain = { ...tree };
        const { segments, length } = encodeBody(plain);
        const whole = Buffer.concat(segments);
        expect(whole.length).toBe(length);
        expect(decodeBody(whole)).toEqual(plain);
      }),
      { numRuns: 50 },
    );
  });

  it('holds large byte strings as they are, without a copy', () => {
    const large = bytes(100_000, 1);
    const { segments } = encodeBody({ image: { pixels: large }, other: bytes(10, 2) });
    expect(segments).toContain(large);
    expect(segments.reduce((sum, segment) => sum + (segment === large ? 0 : segment.length), 0)).toBeLessThan(100);
  });
});
