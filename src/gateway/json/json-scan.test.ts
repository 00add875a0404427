import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonScan, jsonLimits } from './json-scan.ts';

/** Scans `text` in pieces of `size` bytes. */
function scan(text: string, size = 7): void {
  const bytes = Buffer.from(text);
  const reader = new JsonScan();
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
}

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const { maxDepth, maxContainers, maxMembers, maxElements, maxNumberCharacters, maxKeyBytes } = jsonLimits;
const many = (n: number, entry: (index: number) => string): string =>
  Array.from({ length: n }, (_, i) => entry(i)).join();

describe('the bounds on JSON', () => {
  it('let through every document that stays within them, however it is cut', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 1, max: 40 }), (value, size) => {
        const text = JSON.stringify(value);
        if (!text.includes('__proto__')) scan(text, size);
      }),
      { numRuns: 500 },
    );
  });

  it.each([1, 2, 3, 1000])('know a string by its end, in pieces of %d', (size) => {
    scan(String.raw`{"a":"\\","b":"\"[[[{","c":"\\\"","\\":"}","d":["\\\\\"",{"a":1}]}`, size);
    expect(() => scan(String.raw`{"a":"\\","a":1}`, size)).toThrow('twice');
    expect(() => scan(`["${'[{'.repeat(200)}"]`, size)).not.toThrow();
  });

  it('are met at the limit and not behind it', () => {
    const cases: readonly (readonly [string, string])[] = [
      [nested(maxDepth), nested(maxDepth + 1)],
      [`[${many(maxContainers - 1, () => '{}')}]`, `[${many(maxContainers, () => '{}')}]`],
      [`{${many(maxMembers, (i) => `"${i}":1`)}}`, `{${many(maxMembers + 1, (i) => `"${i}":1`)}}`],
      [`[${many(maxElements, () => '1')}]`, `[${many(maxElements + 2, () => '1')}]`],
      ['1'.repeat(maxNumberCharacters), '1'.repeat(maxNumberCharacters + 1)],
      [`{"${'k'.repeat(maxKeyBytes)}":1}`, `{"${'k'.repeat(maxKeyBytes + 1)}":1}`],
    ];
    for (const [within, beyond] of cases) {
      scan(within, 4096);
      expect(() => scan(beyond, 4096), beyond.slice(0, 20)).toThrow(/more than \d+/);
    }
  });

  it.each([
    ['{"a":1,"a":2}', 'twice'],
    [String.raw`{"a":1,"\u0061":2}`, 'twice'],
    [String.raw`{"é":1,"\u00e9":2}`, 'twice'],
    ['[{"b":{"a":1,"c":[],"a":2}}]', 'twice'],
    ['{"__proto__":{}}', '__proto__'],
    [String.raw`{"\u005f_proto__":{}}`, '__proto__'],
  ])('refuse %s', (text, why) => {
    for (const size of [1, 3, 100]) expect(() => scan(text, size)).toThrow(why);
  });

  it('tell keys from values, and one object from another', () => {
    scan('[{"a":"a","b":["a","a"]},{"a":1},"__proto__",{"c":{"a":{"a":1}}}]', 1);
  });

  it('repeat little of a key', () => {
    const key = 'k'.repeat(1000);
    expect(() => scan(`{"${key}":1,"${key}":1}`)).toThrow(/^.{1,150}$/);
  });
});
