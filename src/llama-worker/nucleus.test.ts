import { describe, expect, it } from 'vitest';
import { type Candidates, chooseFromNucleus } from './nucleus.ts';

/** Tokens 10, 11, … with these probabilities. */
const candidatesOf = (probabilities: readonly number[], complete = true): Candidates => {
  const highest = probabilities[0] ?? 1;
  return {
    sorted: probabilities.flatMap((probability, rank) => [10 + rank, Math.log(probability)]),
    totalWeight: 1 / highest,
    complete,
  };
};

const drawn = (candidates: Candidates, options: { topP?: number; minP?: number }): Map<number | null, number> => {
  const counts = new Map<number | null, number>();
  for (let draw = 0; draw < 1000; draw += 1) {
    const random = (draw + 0.5) / 1000;
    const token = chooseFromNucleus(candidates, { topP: 1, minP: 0, ...options, random });
    counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  return counts;
};

describe('chooseFromNucleus', () => {
  it('keeps the smallest set that reaches the mass, its last token included', () => {
    expect(drawn(candidatesOf([0.5, 0.3, 0.2]), { topP: 0.6 })).toEqual(
      new Map([
        [10, 625],
        [11, 375],
      ]),
    );
  });

  it('keeps the first token however small the mass asked for', () => {
    expect([...drawn(candidatesOf([0.5, 0.5]), { topP: 0.01 }).keys()]).toEqual([10]);
  });

  it('drops what is less likely than minP times the first', () => {
    expect([...drawn(candidatesOf([0.6, 0.3, 0.1]), { minP: 0.4 }).keys()]).toEqual([10, 11]);
  });

  it('asks for more candidates when the mass lies beyond them', () => {
    const cut = { ...candidatesOf([0.3, 0.2], false) };
    expect(chooseFromNucleus(cut, { topP: 0.9, minP: 0, random: 0 })).toBeNull();
    expect(chooseFromNucleus(cut, { topP: 0.4, minP: 0, random: 0 })).toBe(10);
  });

  it('draws from what there is when rounding keeps the mass below topP', () => {
    expect(chooseFromNucleus(candidatesOf([0.5, 0.3]), { topP: 0.99, minP: 0, random: 0.999 })).toBe(11);
  });
});
