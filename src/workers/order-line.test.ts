import { expect, it } from 'vitest';
import { OrderLine } from './order-line.ts';

function line(capacity: number) {
  const sent: string[] = [];
  const subject = new OrderLine();
  subject.capacity = capacity;
  const submit = (id: string): void => subject.submit(id, () => sent.push(id));
  return { subject, sent, submit };
}

it('orders go out in order, as many as the worker can run, and the next when one ends', () => {
  const { subject, sent, submit } = line(2);
  for (const id of ['a', 'b', 'c', 'd', 'e']) submit(id);
  expect(sent).toEqual(['a', 'b']);
  expect(subject.remove('d')).toBe(false);
  expect(subject.remove('a')).toBe(true);
  expect(subject.remove('b')).toBe(true);
  subject.advance();
  expect(sent).toEqual(['a', 'b', 'c', 'e']);
});

it('a held order leaves its place to the next, is still known, and waits for a place to go on', () => {
  const { subject, sent, submit } = line(1);
  submit('a');
  submit('b');
  subject.hold('a');
  expect([sent, subject.isHeld('a')]).toEqual([['a', 'b'], true]);
  submit('a');
  expect(sent).toEqual(['a', 'b']);
  subject.remove('b');
  subject.advance();
  expect([sent, subject.isHeld('a')]).toEqual([['a', 'b', 'a'], false]);
  expect(subject.remove('a')).toBe(true);
});

it('a withdrawn order is not sent', () => {
  const { subject, sent, submit } = line(1);
  submit('a');
  submit('b');
  const send = subject.withdraw('b');
  subject.remove('a');
  subject.advance();
  expect(sent).toEqual(['a']);
  send?.();
  expect(sent).toEqual(['a', 'b']);
});
