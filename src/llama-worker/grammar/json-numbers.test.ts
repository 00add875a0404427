import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bounds, integerBetween, numberBetween } from './json-numbers.ts';
import { createRules } from './rules.ts';

/** The grammar of a number has literals, classes and groups alone: a regular expression with other quotes. */
function matcherOf(make: typeof integerBetween, bounds: Bounds): RegExp {
  const rules = createRules();
  const lines = rules.text(make(rules, bounds)).split('\n');
  const bodies = new Map(lines.map((line) => line.split(' ::= ') as [string, string]));
  const expand = (body: string): string =>
    body
      .replaceAll(/\br\d+\b/g, (name) => `(${expand(bodies.get(name)!)})`)
      .replaceAll('.', '\\.')
      .replaceAll(/[" ]/g, '');
  return new RegExp(`^(?:${expand(bodies.get(bodies.get('root')!) ?? bodies.get('root')!)})$`);
}

const bound = fc.integer({ min: -3000, max: 3000 });

describe('a whole number between bounds', () => {
  it('is any of those, and no other', () => {
    fc.assert(
      fc.property(
        bound,
        bound,
        fc.array(fc.integer({ min: -4000, max: 4000 }), { maxLength: 50 }),
        (one, other, tried) => {
          const [minimum, maximum] = [Math.min(one, other), Math.max(one, other)];
          const matcher = matcherOf(integerBetween, { minimum, maximum });
          for (const value of [...tried, minimum - 1, minimum, minimum + 1, maximum - 1, maximum, maximum + 1]) {
            expect(matcher.test(String(value)), `${value} in ${minimum} to ${maximum}`).toBe(
              value >= minimum && value <= maximum,
            );
          }
          expect(matcher.test('-0') || matcher.test('01') || matcher.test('')).toBe(false);
        },
      ),
    );
  });

  it('leaves exclusive bounds out, and rounds broken ones inwards', () => {
    const matcher = matcherOf(integerBetween, { exclusiveMinimum: 3, maximum: 12.9 });
    expect(['3', '4', '12', '13'].map((text) => matcher.test(text))).toEqual([false, true, true, false]);
    expect(matcherOf(integerBetween, { minimum: -2.5, exclusiveMaximum: -1 }).test('-2')).toBe(true);
  });

  it('is refused where there is none', () => {
    expect(() => integerBetween(createRules(), { minimum: 5, maximum: 4 })).toThrow(/No number/);
    expect(() => integerBetween(createRules(), { exclusiveMinimum: 4, exclusiveMaximum: 5 })).toThrow(/No number/);
    expect(() => integerBetween(createRules(), { minimum: 1e300 })).toThrow(/No number/);
  });
});

describe('a number between bounds', () => {
  it('has as many decimals as the bounds, and lies between them', () => {
    const hundredths = fc.integer({ min: -3000, max: 3000 });
    fc.assert(
      fc.property(hundredths, hundredths, fc.array(hundredths, { maxLength: 50 }), (one, other, tried) => {
        const [minimum, maximum] = [Math.min(one, other) / 100, Math.max(one, other) / 100];
        const matcher = matcherOf(numberBetween, { minimum, maximum });
        for (const value of tried.map((units) => units / 100)) {
          if (value === 0) continue; // Also writable as 0 alone.
          expect(matcher.test(value.toFixed(2)), `${value} in ${minimum} to ${maximum}`).toBe(
            value >= minimum && value <= maximum,
          );
        }
        if (minimum <= 0 && maximum >= 0) expect(matcher.test('0')).toBe(true);
      }),
    );
  });

  it('takes bounds written with exponents', () => {
    const matcher = matcherOf(numberBetween, { minimum: 1e-7, maximum: 2.5e-7 });
    expect(['0.00000010', '0.00000025', '0.0000002'].some((text) => matcher.test(text))).toBe(true);
    expect(matcher.test('0.00000026')).toBe(false);
    expect(() => numberBetween(createRules(), { minimum: 1e-20 })).toThrow(/decimals/);
  });
});
