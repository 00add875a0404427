import { expect, it } from 'vitest';
import { killOf, manners, models, phases } from './plan.ts';

it('a kill is the same for the same seed and number, whatever came before', () => {
  expect(killOf(7, 42)).toEqual(killOf(7, 42));
  expect(killOf(7, 42)).not.toEqual({ ...killOf(8, 42) });
});

it('300 kills strike every model in every phase, in every manner', () => {
  const kills = Array.from({ length: 300 }, (_, index) => killOf(20_261_123, index + 1));
  const pairs = new Set(kills.map(({ model, phase }) => `${model} ${phase}`));
  expect(pairs.size).toBe(models.length * phases.length);
  expect(new Set(kills.map(({ manner }) => manner)).size).toBe(manners.length);
});
