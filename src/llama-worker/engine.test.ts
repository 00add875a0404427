import { describe, expect, it } from 'vitest';
import { request, setUp, stepsOf } from '../../test/fixtures/workers/llama-engine.ts';

describe('Engine', () => {
  it('tells progress, then tokens, then one end', async () => {
    const { engine, frames, ended } = setUp();
    engine.submit(request('a', [1, 2, 3, 4, 5]));
    await ended('a');
    expect(frames).toMatchObject([
      { type: 'prefill-progress', processed: 0, total: 5, cached: 0 },
      { type: 'prefill-progress', processed: 4 },
      { type: 'prefill-progress', processed: 5 },
      { type: 'step', deltas: [{ id: 'a', tokenIds: [5], text: '5 ' }] },
      { type: 'step', deltas: [{ id: 'a', tokenIds: [6], text: '6 ' }] },
      { type: 'step', deltas: [{ id: 'a', tokenIds: [7], text: '7 ' }] },
      {
        type: 'end',
        finishReason: 'length',
        stopSequence: null,
        usage: { promptTokens: 5, cachedTokens: 0, completionTokens: 3 },
      },
    ]);
  });

  it('sends one step frame for all sequences that advanced together', async () => {
    const { engine, frames, ended } = setUp();
    engine.submit(request('a', [1, 2]));
    engine.submit(request('b', [3, 4]));
    await Promise.all([ended('a'), ended('b')]);
    const steps = frames.filter((frame) => frame.type === 'step');
    expect(steps.map(({ deltas }) => deltas.map(({ id }) => id))).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('lets a running answer go on between the chunks of a long prompt', async () => {
    const { engine, batches, ended } = setUp();
    engine.submit(request('a', [1], { maxTokens: 20 }));
    engine.submit(
      request(
        'b',
        Array.from({ length: 17 }, (_, index) => index + 20),
      ),
    );
    await Promise.all([ended('a'), ended('b')]);
    const withChunk = batches.filter((parts) => parts.some(({ count }) => count === 4));
    expect(withChunk.length).toBeGreaterThanOrEqual(4);
    for (const parts of withChunk) {
      expect(parts).toHaveLength(1);
      expect(batches[batches.indexOf(parts) - 1]).toMatchObject([{ sequence: 0, count: 1 }]);
    }
  });

  it('cuts the chunks of a prompt to the time that a running answer may stand still', async () => {
    const { engine, batches, ended, seen, framesOf } = setUp({
      contextLength: 400,
      chunkTokens: 64,
      stallTargetMs: 50,
    });
    engine.submit(request('a', [1], { maxTokens: 80 }));
    await seen(() => stepsOf(framesOf('a')) >= 1);
    engine.submit(
      request(
        'b',
        Array.from({ length: 300 }, (_, index) => (index % 90) + 5),
        { maxTokens: 1 },
      ),
    );
    await ended('b');
    const chunks = batches.flatMap((parts) => parts.filter(({ count }) => count > 1).map(({ count }) => count));
    // 64 before anything was measured; then as many as a power of two fits into 0.8 × 50 ms.
    expect(chunks).toEqual([64, ...Array.from({ length: 7 }, () => 32), 12]);
    await engine.stop();
  });

  it('lets a request without a slot wait for one, in order', async () => {
    const { engine, frames, ended } = setUp({ sequences: 1 });
    for (const id of ['a', 'b', 'c']) engine.submit(request(id, [1, 2]));
    await ended('c');
    expect(frames.filter(({ type }) => type === 'end')).toMatchObject([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
  });

  it('prefills only what a second turn adds', async () => {
    const { engine, batches, framesOf, ended } = setUp();
    engine.submit(request('a', [1, 2, 3]));
    await ended('a');
    const before = batches.length;
    engine.submit(request('b', [1, 2, 3, 3, 4, 5, 50, 51]));
    await ended('b');
    expect(framesOf('b')[0]).toMatchObject({ processed: 5, total: 8, cached: 5 });
    expect(batches[before]).toEqual([{ sequence: 0, position: 5, count: 3 }]);
  });

  it('ends a cancelled answer within a step and says nothing more of it', async () => {
    const { engine, frames, framesOf, ended } = setUp();
    engine.submit(request('a', [1], { maxTokens: 80 }));
    const done = ended('a');
    while (!frames.some(({ type }) => type === 'step')) await new Promise((resolve) => setImmediate(resolve));
    const steps = framesOf('a').length;
    engine.cancel('a');
    await done;
    expect(framesOf('a').length).toBeLessThanOrEqual(steps + 1);
    expect(framesOf('a').at(-1)).toMatchObject({ type: 'end', finishReason: 'cancelled' });
  });

  it('ends a waiting request at once when it is cancelled, and ignores unknown ids', async () => {
    const { engine, framesOf, ended } = setUp({ sequences: 1 });
    engine.submit(request('a', [1]));
    engine.submit(request('b', [1]));
    engine.cancel('b');
    engine.cancel('nobody');
    expect(framesOf('b')).toMatchObject([{ type: 'end', finishReason: 'cancelled' }]);
    await ended('a');
  });

  it('fails the sequences of a decode that failed, and serves the next', async () => {
    const { engine, failures, framesOf, ended } = setUp();
    failures.push(new Error('Eval has failed in /some/path'));
    engine.submit(request('a', [1, 2]));
    await ended('a');
    expect(framesOf('a').at(-1)).toMatchObject({ type: 'error', code: 'internal', param: null });
    expect(JSON.stringify(framesOf('a'))).not.toContain('/some/path');
    engine.submit(request('b', [1, 2]));
    await ended('b');
    expect(framesOf('b')).toMatchObject([{ cached: 0 }, {}, {}, {}, {}, { type: 'end', finishReason: 'length' }]);
  });

  it('goes on behind resumed tokens without repeating them', async () => {
    const whole = setUp();
    whole.engine.submit(request('a', [1, 2], { maxTokens: 6, stop: ['7 '] }));
    await whole.ended('a');
    const rest = setUp();
    rest.engine.submit(request('a', [1, 2], { maxTokens: 6, stop: ['7 '], resume: [2, 3, 4] }));
    await rest.ended('a');
    expect(`2 3 4 ${rest.textOf('a')}`).toBe(whole.textOf('a'));
    expect(rest.framesOf('a').at(-1)).toMatchObject({ finishReason: 'stop', usage: { completionTokens: 6 } });
  });

  it('ends at once when the resumed tokens complete the answer', async () => {
    const { engine, batches, framesOf, ended } = setUp();
    engine.submit(request('a', [1, 2], { maxTokens: 2, resume: [8, 9] }));
    await ended('a');
    expect(framesOf('a')).toMatchObject([{ type: 'prefill-progress' }, { type: 'end', finishReason: 'length' }]);
    expect(batches).toHaveLength(0);
  });

  it('ends with stop at an end token, which is neither text nor token nor counted', async () => {
    const { engine, framesOf, ended } = setUp({ isEndToken: (token) => token === 4 });
    engine.submit(request('a', [1, 2], { maxTokens: 9 }));
    await ended('a');
    expect(framesOf('a').slice(-3)).toMatchObject([
      { deltas: [{ tokenIds: [2] }] },
      { deltas: [{ tokenIds: [3] }] },
      { finishReason: 'stop', stopSequence: null, usage: { completionTokens: 2 } },
    ]);
  });

  it('hands out held-back text in a step before the end', async () => {
    const { engine, framesOf, ended } = setUp({ isEndToken: (token) => token === 4 });
    engine.submit(request('a', [1, 2], { maxTokens: 9, stop: ['3 x'] }));
    await ended('a');
    expect(framesOf('a').slice(-3)).toMatchObject([
      { deltas: [{ tokenIds: [3], text: '' }] },
      { deltas: [{ tokenIds: [], text: '3 ' }] },
      { finishReason: 'stop', stopSequence: null },
    ]);
  });

  it.each([
    ['a prompt and answer beyond the context', { maxTokens: 89 }, 'context_length_exceeded', 'prompt'],
    [
      'a bias beyond the vocabulary',
      { sampling: { ...request('', []).sampling, logitBias: [[100, 1]] as [number, number][] } },
      'invalid_request',
      'logit_bias',
    ],
  ])('refuses %s', (_what, more, code, param) => {
    const { engine, frames } = setUp();
    engine.submit(request('a', [1, 2], more));
    expect(frames).toMatchObject([{ type: 'error', id: 'a', code, param }]);
  });

  it('fills the context to its last token when no maximum is set', async () => {
    const { engine, framesOf, ended } = setUp();
    engine.submit(request('a', [1, 2], { maxTokens: null }));
    await ended('a');
    expect(framesOf('a').at(-1)).toMatchObject({ finishReason: 'length', usage: { completionTokens: 88 } });
  });

  it('cancels everything when it stops', async () => {
    const { engine, frames } = setUp({ sequences: 1 });
    for (const id of ['a', 'b']) engine.submit(request(id, [1, 2], { maxTokens: 50 }));
    while (!frames.some(({ type }) => type === 'step')) await new Promise((resolve) => setImmediate(resolve));
    await engine.stop();
    expect(frames.filter(({ type }) => type === 'end')).toHaveLength(2);
    for (const frame of frames) if (frame.type === 'end') expect(frame.finishReason).toBe('cancelled');
  });
});
