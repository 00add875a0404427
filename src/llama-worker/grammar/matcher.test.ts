import { describe, expect, it } from 'vitest';
import { checkGbnf } from './check-gbnf.ts';
import { compileGrammar } from './compile-grammar.ts';
import { createMatcher, type Matcher, type Place } from './matcher.ts';
import { createMeter } from './meter.ts';

const matcherOf = (gbnf: string): Matcher => createMatcher(compileGrammar(checkGbnf(gbnf)));
const meter = () => createMeter(300_000);

/** Where a text leads; null where it does not fit. */
function placeBehind(matcher: Matcher, text: string | Uint8Array): Place | null {
  let place: Place | null = matcher.start(meter());
  for (const byte of Buffer.from(text)) place = place && matcher.step(place, byte, meter());
  return place;
}
const fits = (gbnf: string, text: string): boolean => placeBehind(matcherOf(gbnf), text)?.ends === true;

describe('a grammar', () => {
  it.each([
    ['root ::= "ab" | "ac"', ['ab', 'ac'], ['a', 'abc', 'b', '']],
    ['root ::= "a"*', ['', 'a', 'aaaa'], ['b', 'aab']],
    ['root ::= "a"{2,4} "b"?', ['aa', 'aaaa', 'aaab'], ['a', 'aaaaa', 'ab', 'aabb']],
    ['root ::= ("ab" | "c"){2}', ['abab', 'abc', 'cc'], ['ab', 'c', 'abcc']],
    ['root ::= ("a"{2}){1,3} "x"', ['aax', 'aaaaaax'], ['ax', 'aaax', 'aaaaaaaax']],
    ['root ::= "a"{2,}', ['aa', 'aaaaa'], ['', 'a']],
    ['root ::= "a"{0}', [''], ['a']],
    ['root ::= "(" root ")" | "x"', ['x', '((x))'], ['', '((x)', 'x)']],
    ['root ::= s s\ns ::= "a" s "b" | ""', ['', 'aabbab', 'ab'], ['aab', 'abb', 'ababab']],
    ['root ::= [^a-c\\n]+', ['xyz', 'ü😀'], ['a', 'xb', '\n']],
    ['root ::= [\\]\\x2d-\\x2f]+', [']-/'], ['a', '\\']],
    ['root ::= .', ['a', 'ü', '\u20ac', '😀', '\n'], ['ab', '']],
    ['root ::= [à-é] "€"', ['é€', 'à€'], ['ê€', 'é']],
    ['root ::= "\\U0001F600" | "\\u00e9"', ['😀', 'é'], ['😁', 'e']],
  ])('%s', (gbnf, right, wrong) => {
    expect(right.filter((text) => !fits(gbnf, text))).toEqual([]);
    expect(wrong.filter((text) => fits(gbnf, text))).toEqual([]);
  });

  it('takes a character byte by byte, and no bytes that are no character', () => {
    const matcher = matcherOf('root ::= [^"€]');
    expect(placeBehind(matcher, Uint8Array.of(0xe2, 0x82))).toMatchObject({ ends: false });
    expect(placeBehind(matcher, Uint8Array.of(0xe2, 0x82, 0xad))).toMatchObject({ ends: true });
    const wrong = [
      [0xe2, 0x82, 0xac],
      [0xc0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90],
      [0x80],
      [0xff],
    ];
    for (const bytes of wrong) expect(placeBehind(matcher, Uint8Array.from(bytes)), bytes.join()).toBeNull();
  });

  it('is the same place where the same may follow, however it was reached', () => {
    const matcher = matcherOf('root ::= "\\"" [^"]* "\\""');
    expect(placeBehind(matcher, '"abc')).toBe(placeBehind(matcher, '"x'));
  });

  it.each([
    'root ::= "a" root "b" | "a" root "c" | "d"',
    'root ::= "aa" root "b" | "aaa" root "c" | "a" root "d" | "e"',
    'root ::= "a" root root | "a" root | "a"',
    'root ::= "a" root "a" | "a" root | "a"',
  ])('that is ambiguous is followed for as long as an answer: %s', (gbnf) => {
    const matcher = matcherOf(gbnf);
    let place: Place | null = matcher.start(meter());
    for (let count = 0; count < 1500; count += 1) place = place && matcher.step(place, 97, meter());
    expect(place).not.toBeNull();
  });

  it('that nests without end is given up at last', () => {
    const matcher = matcherOf('root ::= "(" root ")"');
    expect(() => placeBehind(matcher, '('.repeat(1900))).not.toThrow();
    expect(() => placeBehind(matcher, '('.repeat(2100))).toThrow(/nests more than/);
  });

  it('that takes more work than a token may is given up', () => {
    const matcher = matcherOf(`root ::= ${Array.from({ length: 900 }, (_, index) => `[a-z] "${index}"`).join(' | ')}`);
    expect(() => matcher.start(createMeter(500))).toThrow(/too ambiguous/);
  });

  it('goes on right when it has forgotten what it knew', () => {
    const matcher = matcherOf('root ::= [a-z]{2000} "!"');
    let place: Place | null = matcher.start(meter());
    for (let count = 0; count < 2000; count += 1) {
      for (const byte of [97, 98, 200]) if (byte !== 98) place && matcher.step(place, byte, meter());
      place = place && matcher.step(place, 98, meter());
    }
    expect(place && matcher.step(place, 33, meter())).toMatchObject({ ends: true });
  });
});
