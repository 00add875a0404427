import { describe, expect, it } from 'vitest';
import { createEventQueue } from './event-queue.ts';
import { mergeIndexed } from './merge.ts';

describe('an event queue', () => {
  it('gives events in order, whether they come before or after they are asked for', async () => {
    const queue = createEventQueue<number>();
    queue.push(1);
    queue.push(2);
    expect([await queue.next(), await queue.next()]).toEqual([1, 2]);
    const third = queue.next();
    queue.push(3);
    expect(await third).toBe(3);
  });

  it('fails after what came before the failure was read, with the first failure', async () => {
    const queue = createEventQueue<number>();
    queue.push(1);
    queue.fail(new Error('first'));
    queue.fail(new Error('second'));
    expect(await queue.next()).toBe(1);
    await expect(queue.next()).rejects.toThrow('first');
  });
});

describe('merged sources', () => {
  async function* source(...items: (string | Error)[]): AsyncGenerator<string> {
    for (const item of items) {
      await Promise.resolve();
      if (item instanceof Error) throw item;
      yield item;
    }
  }

  it('keep the order of each', async () => {
    const seen: Record<number, string[]> = { 0: [], 1: [] };
    for await (const { index, event } of mergeIndexed([source('a', 'b'), source('c', 'd', 'e')]))
      seen[index]!.push(event);
    expect(seen).toEqual({ 0: ['a', 'b'], 1: ['c', 'd', 'e'] });
  });

  it('fail with the first that fails', async () => {
    const read = async (): Promise<void> => {
      for await (const _ of mergeIndexed([source('a'), source(new Error('broken'))]));
    };
    await expect(read()).rejects.toThrow('broken');
  });
});
