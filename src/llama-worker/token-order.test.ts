import { describe, expect, it } from 'vitest';
import { checkGbnf } from './grammar/check-gbnf.ts';
import { compileGrammar } from './grammar/compile-grammar.ts';
import { createMatcher } from './grammar/matcher.ts';
import { createMeter } from './grammar/meter.ts';
import { createTokenOrder } from './token-order.ts';

const texts = ['', 'a', 'ab', 'abc', 'abd', 'b', 'ba', ' a', ' ab', '{"', '"', 'é', 'aé', '\u20ac', 'xyz', 'ab"', '"}'];
/** The halves of a character too, as byte tokens have them. */
const pieces = [...texts.map((text) => Buffer.from(text)), Buffer.of(0xc3), Buffer.of(0xa9), Buffer.of(0x61, 0xc3)];

describe('the tokens that may not come', () => {
  it.each([
    'root ::= "ab" [cd]',
    'root ::= [a-z]*',
    'root ::= "{" "\\"" [^"]* "\\"" "}"',
    'root ::= [^a]+',
    'root ::= "é" | "aé" | " "',
    'root ::= ""',
  ])('are those that the grammar does not take one by one: %s', async (gbnf) => {
    const matcher = createMatcher(compileGrammar(checkGbnf(gbnf)));
    const meter = createMeter(1e6);
    const order = await createTokenOrder(pieces.length, (token) => pieces[token]!);
    const takes = (piece: Uint8Array): boolean => {
      let place = piece.length === 0 ? null : matcher.start(meter);
      for (const byte of piece) place = place && matcher.step(place, byte, meter);
      return place !== null;
    };
    const expected = [...pieces.keys()].filter((token) => !takes(pieces[token]!));
    expect([...order.forbiddenAt(matcher, matcher.start(meter), meter)].sort((a, b) => a - b)).toEqual(expected);
  });

  it('are put in order in many turns, so that others have theirs', async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await createTokenOrder(50_000, (token) => Buffer.from(` ${(token * 7919).toString(36)}`));
    done = true;
    expect(turns).toBeGreaterThan(20);
  });
});
