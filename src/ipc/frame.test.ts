import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxBodyBytes } from './body.ts';
import { encodeFrame, FrameReader } from './frame.ts';
import { ProtocolError } from './protocol-error.ts';

/** Cuts `bytes` at the given places and feeds the pieces one by one. */
function readInPieces(bytes: Buffer, cuts: readonly number[]): unknown[] {
  const reader = new FrameReader();
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces = [...places, bytes.length].map((end, index) =>
    bytes.subarray(index === 0 ? 0 : places[index - 1], end),
  );
  const values = pieces.flatMap((piece) => [...reader.push(piece)]);
  expect(reader.atBoundary).toBe(true);
  return values;
}

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    /** msgpackr renames `__proto__` when it reads; no message has such a key. */
    const value = fc
      .jsonValue({ noUnicodeString: false })
      .filter((json) => !JSON.stringify(json).includes('__proto__'));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), fc.array(fc.nat(4096), { maxLength: 8 }), (values, cuts) => {
        const clean = JSON.parse(JSON.stringify(values)) as unknown[];
        expect(readInPieces(Buffer.concat(clean.map(encodeFrame)), cuts)).toEqual(clean);
      }),
    );
  });

  it('that announce more than the cap are refused before a byte of them is kept', () => {
    const header = Buffer.alloc(4);
    header.writeUInt32LE(maxBodyBytes + 1);
    expect(() => [...new FrameReader().push(header)]).toThrow(ProtocolError);
    header.writeUInt32LE(0xffff_ffff);
    expect(() => [...new FrameReader().push(header)]).toThrow(ProtocolError);
  });

  it('of bytes that are no msgpack are a protocol error', () => {
    const reader = new FrameReader();
    const values: unknown[] = [];
    const broken = Buffer.concat([encodeFrame('whole'), Buffer.from([2, 0, 0, 0, 0xc1, 0xc1])]);
    expect(() => {
      for (const value of reader.push(broken)) values.push(value);
    }).toThrow(ProtocolError);
    expect(values).toEqual(['whole']);
  });

  it('leave no half frame unnoticed', () => {
    const reader = new FrameReader();
    expect([...reader.push(encodeFrame({ type: 'ping', nonce: 1 }).subarray(0, 6))]).toEqual([]);
    expect(reader.atBoundary).toBe(false);
  });

  it('are on record byte for byte for the other languages', () => {
    const golden = JSON.parse(
      readFileSync(new URL('../../protocol/golden/frames.json', import.meta.url), 'utf8'),
      (key, value: unknown) =>
        ['pixels', 'body', 'vectors'].includes(key) ? Buffer.from(value as string, 'base64') : value,
    ) as { value: unknown; hex: string }[];
    expect(golden.length).toBeGreaterThan(10);
    for (const { value, hex } of golden) {
      expect(readInPieces(Buffer.from(hex, 'hex'), [5])).toEqual([value]);
      expect(encodeFrame(value).toString('hex')).toBe(hex);
    }
  });
});
