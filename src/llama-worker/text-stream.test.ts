import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTextStream, type TokenPiece, toTokenPiece } from './text-stream.ts';

/** Tokens are indices into a list of byte pieces. */
const streamOf = (pieces: readonly Uint8Array[], stops: readonly string[] = []) => {
  const known: TokenPiece[] = pieces.map(toTokenPiece);
  return createTextStream(stops, (token) => known[token] as TokenPiece);
};

const collect = (pieces: readonly Uint8Array[], stops: readonly string[] = []) => {
  const stream = streamOf(pieces, stops);
  const texts: string[] = [];
  for (const token of pieces.keys()) {
    const { text, stop } = stream.push(token);
    texts.push(text);
    if (stop !== null) return { texts, stop };
  }
  const last = stream.flush();
  return { texts: [...texts, last.text], stop: last.stop };
};

const cutAt = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
};

describe('createTextStream', () => {
  it('holds back the bytes of half a character', () => {
    const [first, second] = cutAt(Buffer.from('😀'), [2]) as [Uint8Array, Uint8Array];
    const stream = streamOf([first, second]);
    expect(stream.push(0).text).toBe('');
    expect(stream.push(1).text).toBe('😀');
  });

  it('shows a character that never became whole as U+FFFD at the end', () => {
    expect(collect([Buffer.from('ok'), Uint8Array.of(0xf0, 0x9f)]).texts.join('')).toBe('ok\uFFFD');
  });

  it('finds a stop string whose characters were cut apart', () => {
    expect(collect(cutAt(Buffer.from('Ende 🛑 mehr'), [6, 7, 8]), ['🛑'])).toMatchObject({ stop: '🛑' });
  });

  it('keeps a byte order mark, which is a character like any other', () => {
    expect(collect([Buffer.from('\uFEFFa')]).texts.join('')).toBe('\uFEFFa');
  });

  it('puts any text together again wherever its bytes are cut, without a broken character on the way', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(200)), (text, cuts) => {
        const { texts } = collect(cutAt(Buffer.from(text), cuts));
        expect(texts.join('')).toBe(text);
        for (const part of texts) expect(Buffer.from(part).toString()).toBe(part);
      }),
    );
  });

  it('decodes any bytes as a decoder does that sees them in one piece', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(fc.nat(40)), (bytes, cuts) => {
        expect(collect(cutAt(bytes, cuts)).texts.join('')).toBe(Buffer.from(bytes).toString('utf8'));
      }),
    );
  });
});
