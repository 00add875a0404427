import { describe, expect, it } from 'vitest';
import { request, setUp, stepsOf } from '../../test/fixtures/workers/llama-engine.ts';

describe('a paused sequence', () => {
  it('goes on where it was, in its own cells, without a token computed twice', async () => {
    const undisturbed = setUp();
    undisturbed.engine.submit(request('a', [1, 2, 3], { maxTokens: 9 }));
    await undisturbed.ended('a');

    const { engine, batches, textOf, framesOf, ended, seen } = setUp();
    engine.submit(request('a', [1, 2, 3], { maxTokens: 9 }));
    await seen(() => stepsOf(framesOf('a')) >= 2);
    engine.pause('a');
    await seen(() => framesOf('a').some(({ type }) => type === 'paused'));
    const told = framesOf('a').length;
    engine.submit(request('b', [7, 8]));
    await ended('b');
    expect(framesOf('a')).toHaveLength(told);
    engine.continue('a');
    await ended('a');
    expect(textOf('a')).toBe(undisturbed.textOf('a'));
    const evaluated = batches.flat().filter(({ sequence }) => sequence === 0);
    expect(evaluated.map(({ position, count }) => [position, count])).toEqual([
      [0, 3],
      ...Array.from({ length: 8 }, (_, index) => [index + 3, 1]),
    ]);
  });

  it('makes room for another when as many run as can', async () => {
    const { engine, framesOf, ended, seen } = setUp({ sequences: 1 });
    engine.submit(request('a', [1], { maxTokens: 40 }));
    await seen(() => stepsOf(framesOf('a')) >= 1);
    engine.submit(request('b', [2]));
    engine.pause('a');
    await ended('b');
    expect(framesOf('a').at(-1)).toMatchObject({ type: 'paused' });
    engine.continue('a');
    await ended('a');
    expect(framesOf('a').at(-1)).toMatchObject({ finishReason: 'length', usage: { completionTokens: 40 } });
  });

  it('in its prefill computes the rest of the prompt later', async () => {
    const { engine, batches, framesOf, ended, seen } = setUp();
    engine.submit(
      request(
        'a',
        Array.from({ length: 23 }, (_, index) => index + 1),
        { maxTokens: 1 },
      ),
    );
    await seen(() => framesOf('a').length >= 2);
    engine.pause('a');
    await seen(() => framesOf('a').at(-1)?.type === 'paused');
    expect(batches.length).toBeLessThan(6);
    engine.continue('a');
    await ended('a');
    expect(batches.flat().map(({ position }) => position)).toEqual([0, 4, 8, 12, 16, 20]);
  });

  it('is ended by a cancel, and its slot serves the next', async () => {
    const { engine, framesOf, ended, seen } = setUp({ sequences: 1 });
    engine.submit(request('a', [1, 2, 3, 4], { maxTokens: 40 }));
    await seen(() => stepsOf(framesOf('a')) >= 1);
    engine.pause('a');
    await seen(() => framesOf('a').at(-1)?.type === 'paused');
    engine.cancel('a');
    expect(framesOf('a').at(-1)).toMatchObject({ type: 'end', finishReason: 'cancelled' });
    engine.submit(request('b', [1, 2, 3, 4]));
    await ended('b');
    expect(framesOf('b')[0]).toMatchObject({ cached: 3 });
  });

  it('that only waited gives its turn away', async () => {
    const { engine, frames, framesOf, ended } = setUp({ sequences: 1 });
    for (const id of ['a', 'b', 'c']) engine.submit(request(id, [1]));
    engine.pause('b');
    expect(framesOf('b')).toMatchObject([{ type: 'paused' }]);
    await ended('c');
    engine.continue('b');
    await ended('b');
    expect(frames.filter(({ type }) => type === 'end')).toMatchObject([{ id: 'a' }, { id: 'c' }, { id: 'b' }]);
  });

  it('stays one: more pauses than can be are ignored, as are those of unknown ids', async () => {
    const { engine, frames, framesOf, ended, seen } = setUp();
    engine.submit(request('a', [1], { maxTokens: 40 }));
    engine.submit(request('b', [2], { maxTokens: 5 }));
    await seen(() => stepsOf(framesOf('b')) >= 1);
    for (const id of ['a', 'a', 'b', 'nobody']) engine.pause(id);
    for (const id of ['b', 'nobody']) engine.continue(id);
    await ended('b');
    expect(frames.filter(({ type }) => type === 'paused')).toMatchObject([{ id: 'a' }]);
    await engine.stop();
    expect(framesOf('a').at(-1)).toMatchObject({ type: 'end', finishReason: 'cancelled' });
  });

  it('whose pause is taken back before it came about never stops', async () => {
    const { engine, framesOf, ended, seen } = setUp();
    engine.submit(request('a', [1], { maxTokens: 20 }));
    await seen(() => stepsOf(framesOf('a')) >= 1);
    engine.pause('a');
    engine.continue('a');
    await ended('a');
    expect(framesOf('a').some(({ type }) => type === 'paused')).toBe(false);
  });
});
