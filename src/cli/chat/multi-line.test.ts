import { describe, expect, it } from 'vitest';
import { addLine, type Pending } from './multi-line.ts';

/** The messages that lines make. */
function messages(...lines: string[]): { message: string; typed: string }[] {
  let pending: Pending | undefined;
  const all: { message: string; typed: string }[] = [];
  for (const line of lines) {
    const added = addLine(pending, line);
    pending = added.pending;
    if (added.message !== undefined) all.push({ message: added.message, typed: added.typed! });
  }
  expect(pending).toBeUndefined();
  return all;
}

describe('a message', () => {
  it.each([
    [['one'], 'one'],
    [['"""one"""'], 'one'],
    [['"""', 'one', 'two', '"""'], 'one\ntwo'],
    [['/system """one', 'two"""'], '/system one\ntwo'],
    [['one\\', 'two'], 'one\ntwo'],
    [['a path C:\\\\'], 'a path C:\\\\'],
    [['"""a\\', 'b"""'], 'a\\\nb'],
    [['say """this"""'], 'say """this"""'],
    [['""""""'], ''],
  ])('of the lines %j is %j', (lines, message) => {
    expect(messages(...lines)).toMatchObject([{ message }]);
  });

  it('can be typed again in one piece, as it is recalled', () => {
    for (const lines of [
      ['"""', 'one', 'two"""'],
      ['one\\', 'two'],
      ['/system """a', '"""'],
    ]) {
      const [{ message, typed } = { message: '', typed: '' }] = messages(...lines);
      expect(messages(typed)).toEqual([{ message, typed }]);
    }
  });
});
