import { describe, expect, it } from 'vitest';
import { createTurnstile } from './turnstile.ts';

const signal = new AbortController().signal;

describe('a turnstile', () => {
  it('lets so many in, and the rest in the order they came', async () => {
    const turnstile = createTurnstile(2);
    const [first] = await Promise.all([turnstile.enter(signal), turnstile.enter(signal)]);
    const order: string[] = [];
    const third = turnstile.enter(signal).then((leave) => {
      order.push('third');
      return leave;
    });
    const fourth = turnstile.enter(signal).then(() => order.push('fourth'));
    first();
    (await third)();
    await fourth;
    expect(order).toEqual(['third', 'fourth']);
  });

  it('forgets who left the line, and gives the place to the next', async () => {
    const turnstile = createTurnstile(1);
    const leave = await turnstile.enter(signal);
    const left = new AbortController();
    const gone = turnstile.enter(left.signal);
    const next = turnstile.enter(signal);
    left.abort(new Error('the client left'));
    await expect(gone).rejects.toThrow('the client left');
    leave();
    (await next)();
    await expect(turnstile.enter(left.signal)).rejects.toThrow('the client left');
    (await turnstile.enter(signal))();
  });
});
