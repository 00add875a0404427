// An answer in legs: it leaves where it was asked to, and goes on with what it is told.
import { describe, expect, it } from 'vitest';
import { request, setUp } from '../../test/fixtures/workers/llama-engine.ts';
import { toTokenPiece } from './text-stream.ts';

const tokenize = (text: string): Uint32Array => Uint32Array.from(text, (character) => character.charCodeAt(0) % 100);
const tokenizer = { vocabularySize: 100, bos: null, chatTemplate: null, tokenize } as never;

describe('a sequence that is asked to leave', () => {
  it('leaves at any token, and comes back as the undisturbed one', async () => {
    const order = { maxTokens: 9, stop: ['7 9', '9 10'] };
    const undisturbed = setUp();
    undisturbed.engine.submit(request('a', [1, 2, 3], order));
    await undisturbed.ended('a');
    for (let breakAfter = 0; breakAfter < 7; breakAfter += 1) {
      const { engine, textOf, framesOf, ended } = setUp();
      engine.submit(request('a', [1, 2, 3], { ...order, breakAfter }));
      await ended('a');
      expect(framesOf('a').at(-1)).toMatchObject({
        finishReason: 'cancelled',
        usage: { completionTokens: breakAfter },
      });
      const resume = framesOf('a').flatMap((frame) => (frame.type === 'step' ? frame.deltas[0]!.tokenIds : []));
      engine.submit(request('b', [1, 2, 3], { ...order, resume }));
      await ended('b');
      expect(textOf('a') + textOf('b')).toBe(undisturbed.textOf('a'));
      expect(framesOf('b').at(-1)).toMatchObject({ finishReason: 'stop', stopSequence: '9 10' });
    }
  });

  it('ends where it would have ended anyway', async () => {
    const { engine, framesOf, ended } = setUp();
    engine.submit(request('a', [1, 2, 3], { maxTokens: 4, breakAfter: 4 }));
    await ended('a');
    expect(framesOf('a').at(-1)).toMatchObject({ finishReason: 'length' });
  });
});

describe('a sequence that is told what to say', () => {
  it('says it in a step of its own, and goes on behind it', async () => {
    const { engine, framesOf, ended } = setUp({ tokenizer });
    engine.submit(request('a', [1, 2], { resume: [3], goOnWith: 'xy', maxTokens: 5 }));
    await ended('a');
    const steps = framesOf('a').flatMap((frame) => (frame.type === 'step' ? frame.deltas : []));
    expect(steps[0]).toEqual({ id: 'a', tokenIds: [20, 21], text: '20 21 ' });
    expect(steps.slice(1).map(({ tokenIds }) => tokenIds)).toEqual([[5], [6]]);
    expect(framesOf('a')[0]).toMatchObject({ type: 'prefill-progress' });
    expect(framesOf('a').at(-1)).toMatchObject({ finishReason: 'length', usage: { completionTokens: 5 } });
  });

  it('says no more than the answer may hold', async () => {
    const { engine, textOf, framesOf, ended } = setUp({ tokenizer });
    engine.submit(request('a', [1, 2], { goOnWith: 'xyz', maxTokens: 2 }));
    await ended('a');
    expect(textOf('a')).toBe('20 21 ');
    expect(framesOf('a').at(-1)).toMatchObject({ finishReason: 'length', usage: { completionTokens: 2 } });
  });

  it('shows nothing of a character that will not become whole', async () => {
    const { engine, textOf, ended } = setUp({
      tokenizer,
      pieceOf: (token: number) => toTokenPiece(token === 3 ? Uint8Array.of(0xf0, 0x9f) : Buffer.from(`${token} `)),
    });
    engine.submit(request('a', [1, 2], { resume: [3], goOnWith: 'x', maxTokens: 2 }));
    await ended('a');
    expect(textOf('a')).toBe('20 ');
  });
});
