import { describe, expect, it } from 'vitest';
import { request, setUp } from '../../test/fixtures/workers/llama-engine.ts';
import { isWorthWaiting } from './shared-prefill.ts';

const tokens = (...ids: number[]): Uint32Array => Uint32Array.from(ids);
const many = (count: number, first = 1): number[] => Array.from({ length: count }, (_, index) => first + index);

describe('isWorthWaiting', () => {
  const prompt = { tokens: tokens(1, 2, 3, 4, 5, 6), held: [tokens(1)], copyPays: (count: number) => count > 2 };
  const other = tokens(1, 2, 3, 4, 9, 9);

  it('says so while another prompt has not yet computed what they share', () => {
    expect(isWorthWaiting({ ...prompt, filling: [{ tokens: other, evaluated: 0 }] })).toBe(true);
    expect(isWorthWaiting({ ...prompt, filling: [{ tokens: other, evaluated: 3 }] })).toBe(true);
    expect(isWorthWaiting({ ...prompt, filling: [{ tokens: other, evaluated: 4 }] })).toBe(false);
  });

  it('does not where a copy would gain too little over what is there', () => {
    expect(isWorthWaiting({ ...prompt, held: [tokens(1, 2)], filling: [{ tokens: other, evaluated: 0 }] })).toBe(false);
    expect(isWorthWaiting({ ...prompt, filling: [] })).toBe(false);
  });

  it('never waits for the last token of a prompt, which is computed in any case', () => {
    expect(isWorthWaiting({ ...prompt, filling: [{ tokens: prompt.tokens, evaluated: 5 }] })).toBe(false);
  });
});

describe('prompts that come together and begin alike', () => {
  const beginning = many(20);

  it('are prefilled once where they agree', async () => {
    const { engine, batches, framesOf, textOf, ended } = setUp({ sequences: 4 });
    const ids = ['a', 'b', 'c'];
    for (const [index, id] of ids.entries()) engine.submit(request(id, [...beginning, 40 + index, 50 + index]));
    await Promise.all(ids.map(ended));
    const prefilled = batches.flat().filter(({ count }) => count > 1);
    expect(prefilled.reduce((sum, { count }) => sum + count, 0)).toBe(22 + 2 + 2);
    expect(framesOf('a')[0]).toMatchObject({ processed: 0, cached: 0, total: 22 });
    for (const id of ['b', 'c']) expect(framesOf(id)[0]).toMatchObject({ processed: 20, cached: 20, total: 22 });
    for (const id of ids) expect(textOf(id)).toBe('22 23 24 ');
  });

  it('serve several answers to one prompt with all of it but its last token', async () => {
    const { engine, framesOf, ended } = setUp({ sequences: 4 });
    for (const id of ['a', 'b', 'c']) engine.submit(request(id, beginning));
    await Promise.all(['a', 'b', 'c'].map(ended));
    for (const id of ['b', 'c']) expect(framesOf(id).at(-1)).toMatchObject({ usage: { cachedTokens: 19 } });
  });

  it('compute it themselves when the first is cancelled or paused', async () => {
    for (const leave of ['cancel', 'pause'] as const) {
      const { engine, framesOf, ended, seen } = setUp({ sequences: 4 });
      for (const id of ['a', 'b']) engine.submit(request(id, [...beginning, id === 'a' ? 40 : 41]));
      await seen(() => framesOf('a').length >= 3);
      expect(framesOf('b')).toEqual([]);
      engine[leave]('a');
      await ended('b');
      const { cachedTokens } = framesOf('b').flatMap((frame) => (frame.type === 'end' ? [frame.usage] : []))[0] ?? {};
      expect(cachedTokens).toBeGreaterThan(0);
      expect(cachedTokens).toBeLessThan(20);
    }
  });

  it('share nothing when prefixes are not to be reused', async () => {
    const { engine, framesOf, ended } = setUp({ sequences: 4, reusesPrefixes: false });
    for (const id of ['a', 'b']) engine.submit(request(id, beginning));
    await Promise.all(['a', 'b'].map(ended));
    expect(framesOf('b').at(-1)).toMatchObject({ usage: { cachedTokens: 0 } });
  });
});
