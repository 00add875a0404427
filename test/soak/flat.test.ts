import { expect, it } from 'vitest';
import { flatness } from './flat.ts';

const series = (length: number, of: (index: number) => number): number[] => Array.from({ length }, (_, n) => of(n));
const tolerance = { share: 0.1, least: 5 };
const noise = (n: number): number => ((n * 7919) % 13) - 6;

it.each([
  ['noise about a level', series(90, (n) => 200 + noise(n)), true],
  ['growth in the warm-up alone', series(90, (n) => Math.min(200, 100 + n * 5)), true],
  ['a peak', series(90, (n) => (n === 60 ? 5000 : 100)), true],
  ['shrinking', series(90, (n) => 300 - n), true],
  ['a steady leak', series(90, (n) => 200 + n), false],
  ['a leak under noise', series(90, (n) => 200 + n + noise(n)), false],
  ['a step in the last third', series(90, (n) => (n < 65 ? 10 : 16)), false],
  ['a few samples', [1, 1, 1, 1, 1, 1], false],
  ['no samples', [], false],
])('%s: flat is %s', (_, values, isFlat) => {
  expect(flatness(values, tolerance).isFlat).toBe(isFlat);
});

it('tells the medians of its windows, the growth and what was allowed', () => {
  const { medians, growth, allowed } = flatness(
    series(100, (n) => n),
    tolerance,
  );
  expect(medians).toEqual([38, 55, 72, 89]);
  expect([growth, allowed]).toEqual([51, 5]);
});
