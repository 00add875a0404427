import { expect, it } from 'vitest';
import { median, roundOf } from './measure-round.ts';

it('a round tells of all its streams together', () => {
  const round = roundOf(
    [
      { firstMs: 1100, lastMs: 1600, promptTokens: 100, completionTokens: 11 },
      { firstMs: 1200, lastMs: 2100, promptTokens: 100, completionTokens: 11 },
    ],
    1000,
  );
  expect(round.timeToFirstTokenMs).toBe(150);
  expect(round.prefillTokensPerSecond).toBeCloseTo(200 / 0.2);
  expect(round.decodeTokensPerSecond).toBeCloseTo(20 / 1);
});

it('the median of an even number lies between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
});
