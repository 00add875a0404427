import { expect, it } from 'vitest';
import { readBlockFrame } from './block-frame.ts';
import { drawBlockNames } from './block-names.ts';

it('names of blocks are as long as macOS allows, never drawn twice, and of the form that frames take', () => {
  const drawn = Array.from({ length: 100 }, drawBlockNames).flatMap(({ own, granted }) => [...own, ...granted]);
  expect(new Set(drawn).size).toBe(1600);
  expect(new Set(drawn.map((name) => name.length))).toEqual(new Set([31]));
  expect(readBlockFrame({ type: 'block-names', names: drawn.slice(0, 64) })).toMatchObject({ type: 'block-names' });
});
