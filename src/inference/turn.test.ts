import { expect, it } from 'vitest';
import { createTurn } from './turn.ts';

const never = new AbortController().signal;

it('a turn that came before anybody waited for it is not lost', async () => {
  const turn = createTurn();
  turn.come();
  await turn.wait(never, () => new Error('given up'));
  const failed = createTurn();
  failed.fail(new Error('too late'));
  await expect(failed.wait(never, () => undefined)).rejects.toThrow('too late');
});

it('who gives up after his turn has come keeps it, and gives up nothing', async () => {
  const turn = createTurn();
  const leaving = new AbortController();
  const given: string[] = [];
  const waiting = turn.wait(leaving.signal, () => given.push('up'));
  turn.come();
  leaving.abort();
  await waiting;
  expect(given).toEqual([]);
});

it('who has left before he waits gives up', async () => {
  const turn = createTurn();
  await expect(turn.wait(AbortSignal.abort(), () => new Error('left'))).rejects.toThrow('left');
});
