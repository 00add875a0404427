import { expect, it } from 'vitest';
import { SequenceTable } from './sequence-table.ts';

const event = { type: 'token-delta', tokenIds: [1], text: 'x' } as const;
const silent = { onPaused: () => {}, onError: () => {}, onLost: () => {} };

it('a sequence that leaves while it hears an event is no longer watched for the next', () => {
  const table = new SequenceTable();
  table.add('stays', { ...silent, onEvent: () => {} });
  table.add('leaves', { ...silent, onEvent: () => void table.remove('leaves') });
  expect(table.deliver('stays', event)).toBe(true);
  expect(table.deliver('leaves', event)).toBe(false);
  expect(table.deliver('unknown', event)).toBe(false);
});
