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

  it('run ahead of their reader by one event each', async () => {
    const made: string[] = [];
    async function* counting(name: string): AsyncGenerator<string> {
      for (let n = 0; n < 50; n += 1) {
        made.push(name);
        yield `${name}${n}`;
      }
    }
    const merged = mergeIndexed([counting('a'), counting('b')])[Symbol.asyncIterator]();
    await merged.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(made.length).toBeLessThanOrEqual(2);
    await merged.next();
    await new Promise((resolve) => setImmediate(resolve));
    expect(made.length).toBeLessThanOrEqual(3);
  });

  it.each([1, 3])('%d of them are ended when their reader leaves', async (count) => {
    let ended = 0;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield 'x';
      } finally {
        ended += 1;
      }
    }
    for await (const _ of mergeIndexed(Array.from({ length: count }, endless))) break;
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(count);
  });
});
