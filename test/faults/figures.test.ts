import { expect, it } from 'vitest';
import { counted, markdownTable, none, within } from './figures.ts';

const rowsOf = (table: string): string[] => table.split('\n').slice(2);

it('a figure passes only within its target, and never when nothing was counted', () => {
  expect(
    [counted('R1', 'x', 3, 3), counted('R1', 'x', 2, 3), counted('R1', 'x', 0, 0)].map(({ pass }) => pass),
  ).toEqual([true, false, false]);
  expect(counted('R1', 'x', 20, 25, 20).pass).toBe(true);
  expect([none('R4', 'x', 0).pass, none('R4', 'x', 1).pass]).toEqual([true, false]);
  expect([
    within('R3', 'x', [5, 9], 9).pass,
    within('R3', 'x', [5, 10], 9).pass,
    within('R3', 'x', [], 9).pass,
  ]).toEqual([true, false, false]);
});

it('the page keeps the rows of goals that were not measured now, in order', () => {
  const first = markdownTable([none('R2', 'old', 1), none('R10', 'kept', 0), none('random', 'kept', 0)], '');
  const rows = rowsOf(markdownTable([none('R2', 'new', 0)], first));
  expect(rows).toEqual([
    '| R2 | new | 0 | 0 | pass |',
    '| R10 | kept | 0 | 0 | pass |',
    '| random | kept | 0 | 0 | pass |',
  ]);
});
