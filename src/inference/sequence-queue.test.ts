import { describe, expect, it } from 'vitest';
import type { TokenDelta } from '../core/index.ts';
import { createSequenceQueue } from './sequence-queue.ts';

const delta = (id: number, more: Partial<TokenDelta> = {}): TokenDelta => ({
  type: 'token-delta',
  tokenIds: [id],
  text: `w${id} `,
  ...more,
});
const logprobs = (id: number) => [{ tokenId: id, text: `w${id}`, logprob: -1, top: [] }];
const end = {
  type: 'end',
  finishReason: 'stop',
  stopSequence: null,
  usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 2 },
  timings: { prefillMs: 1, decodeMs: 1 },
} as const;

describe('what waits for a reader', () => {
  it('is one delta, with every token, text and logprob in order', async () => {
    const queue = createSequenceQueue({ maxBytes: 1e6 });
    for (const id of [1, 2, 3]) queue.push(delta(id, { logprobs: logprobs(id) }));
    queue.push(end);
    expect(await queue.next()).toEqual({
      type: 'token-delta',
      tokenIds: [1, 2, 3],
      text: 'w1 w2 w3 ',
      pieces: [1, 2, 3].map((id) => ({ text: `w${id} `, tokens: 1 })),
      logprobs: [1, 2, 3].flatMap(logprobs),
    });
    expect(await queue.next()).toEqual(end);
  });

  it('does not change once it was read, nor what the worker sent', async () => {
    const queue = createSequenceQueue({ maxBytes: 1e6 });
    const sent = delta(1);
    queue.push(sent);
    queue.push(delta(2));
    const read = await queue.next();
    queue.push(delta(3));
    expect(read).toMatchObject({ tokenIds: [1, 2], text: 'w1 w2 ' });
    expect(sent).toEqual(delta(1));
    expect(await queue.next()).toEqual(delta(3));
  });

  it('comes in pieces of a bounded size', async () => {
    const queue = createSequenceQueue({ maxBytes: 1e6 });
    for (let id = 0; id < 10; id += 1) queue.push(delta(id, { text: 'x'.repeat(5000) }));
    const texts: string[] = [];
    while (texts.join('').length < 50_000) texts.push(((await queue.next()) as TokenDelta).text);
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThan(20_000);
    expect(texts.length).toBeGreaterThan(2);
  });

  it('keeps calls of tools and thoughts apart from what it adds up', async () => {
    const queue = createSequenceQueue({ maxBytes: 1e6 });
    queue.push(delta(1));
    queue.push(delta(2, { reasoning: 'hm' }));
    queue.push(delta(3));
    expect([await queue.next(), await queue.next(), await queue.next()]).toEqual([
      delta(1),
      delta(2, { reasoning: 'hm' }),
      delta(3),
    ]);
  });

  it('is refused once it weighs more than it may, and taken again when it was read', async () => {
    const queue = createSequenceQueue({ maxBytes: 100_000 });
    let pushed = 0;
    while (queue.push(delta(pushed, { text: 'x'.repeat(1000) }))) pushed += 1;
    expect(pushed).toBeGreaterThan(40);
    expect(pushed).toBeLessThan(50);
    for (let read = 0; read <= pushed; ) read += ((await queue.next()) as TokenDelta).tokenIds.length;
    expect(queue.push(delta(0))).toBe(true);
  });
});
