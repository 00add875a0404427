import { describe, expect, it } from 'vitest';
import { seedAt, uniformAt } from './random.ts';

const positions = Array.from({ length: 20_000 }, (_, position) => position);

describe('seedAt', () => {
  it('depends on every part of a seed up to 2^53 - 1', () => {
    const largest = Number.MAX_SAFE_INTEGER;
    const seeds = [0, 1, 2 ** 32, 2 ** 52, largest, largest - 1, largest - 2 ** 40];
    expect(new Set(seeds.map((seed) => seedAt(seed, 0))).size).toBe(seeds.length);
  });

  it('differs from position to position', () => {
    expect(new Set(positions.map((position) => seedAt(42, position))).size).toBeGreaterThan(positions.length - 3);
  });

  it('is an unsigned 32-bit number and never the one that means random', () => {
    for (const position of positions) {
      const seed = seedAt(7, position);
      expect(Number.isInteger(seed) && seed >= 0 && seed < 0xffff_ffff).toBe(true);
    }
  });
});

describe('uniformAt', () => {
  it('spreads evenly over [0, 1)', () => {
    const counts = new Array<number>(10).fill(0);
    for (const position of positions) {
      const bucket = Math.floor(uniformAt(3, position) * 10);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    // Five standard deviations of a binomial with n = 20000, p = 0.1.
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(5 * 42.5);
  });

  it('has no correlation between neighbouring seeds', () => {
    const product = positions.reduce(
      (sum, seed) => sum + (uniformAt(seed, 0) - 0.5) * (uniformAt(seed + 1, 0) - 0.5),
      0,
    );
    expect(Math.abs(product / positions.length)).toBeLessThan(5 / 12 / Math.sqrt(positions.length));
  });
});
