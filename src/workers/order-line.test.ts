import { expect, it } from 'vitest';
import { OrderLine } from './order-line.ts';

it('orders go out in order, as many as the worker can run, and the next when one ends', () => {
  const sent: string[] = [];
  const line = new OrderLine<{ id: string }>(({ id }) => sent.push(id));
  line.capacity = 2;
  for (const id of ['a', 'b', 'c', 'd', 'e']) line.submit({ id });
  expect(sent).toEqual(['a', 'b']);
  expect(line.remove('d')).toBe(false);
  expect(line.remove('a')).toBe(true);
  expect(line.remove('b')).toBe(true);
  expect(sent).toEqual(['a', 'b', 'c', 'e']);
});
