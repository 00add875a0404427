import { expect, it } from 'vitest';
import { formatTable } from './table.ts';

const header = ['MODEL', 'ENGINE', 'TOK/S'];
const rows = [
  ['starter/smollm2-135m-instruct', 'mlx-text', '7.5'],
  ['a/b', 'llama', '112.0'],
];

it('aligns words on the left and numbers on the right', () => {
  expect(formatTable(header, rows, { right: ['TOK/S'] }).split('\n')).toEqual([
    'MODEL                          ENGINE    TOK/S',
    'starter/smollm2-135m-instruct  mlx-text    7.5',
    'a/b                            llama     112.0',
  ]);
});

it('leaves out what can be spared before it cuts, and is never wider than it may be', () => {
  const lines = (maxWidth: number) => formatTable(header, rows, { maxWidth, spare: ['ENGINE'] }).split('\n');
  expect(lines(36)[1]).toBe('starter/smollm2-135m-instruct  7.5');
  expect(lines(30)[1]).toBe('starter/smollm2-135m-i…  7.5');
  for (const maxWidth of [19, 25, 36, 46]) {
    for (const line of lines(maxWidth)) expect(line.length).toBeLessThanOrEqual(maxWidth);
  }
});
