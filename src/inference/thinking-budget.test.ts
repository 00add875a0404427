import { describe, expect, it } from 'vitest';
import type { AnswerReader } from './answer-reader.ts';
import { isBreak, nextLeg } from './thinking-budget.ts';

const reader = (state: Partial<AnswerReader>): AnswerReader => ({
  read: (event) => [event],
  knowsPrompt: true,
  isThinking: false,
  isHolding: false,
  hasSpoken: false,
  reasoningTokens: 0,
  ...state,
});
const leg = (tokens: number, state: Partial<AnswerReader>, delivered: number) =>
  nextLeg({ tokens, closing: '</think>' }, reader(state), delivered);

describe('the next leg of an answer', () => {
  it('is all of it where there is no budget, or the answer itself has begun', () => {
    expect(nextLeg(undefined, reader({ isThinking: true, reasoningTokens: 90 }), 90)).toEqual({});
    expect(leg(5, { hasSpoken: true, reasoningTokens: 5 }, 9)).toEqual({});
  });

  it('ends where the budget would be spent', () => {
    expect(leg(5, { knowsPrompt: false }, 0)).toEqual({ breakAfter: 5 });
    expect(leg(5, {}, 0)).toEqual({ breakAfter: 5 });
    expect(leg(5, { isThinking: true, reasoningTokens: 3 }, 3)).toEqual({ breakAfter: 5 });
  });

  it('closes the thinking where it is spent, unless the model seems to be closing it', () => {
    expect(leg(5, { isThinking: true, reasoningTokens: 5 }, 5)).toEqual({ goOnWith: '</think>' });
    expect(leg(5, { isThinking: true, isHolding: true, reasoningTokens: 5 }, 5)).toEqual({ breakAfter: 6 });
    expect(leg(5, { reasoningTokens: 6 }, 6)).toEqual({});
  });

  it('looks at once, then at each token, where nothing may be thought', () => {
    expect(leg(0, { knowsPrompt: false }, 0)).toEqual({ breakAfter: 0 });
    expect(leg(0, {}, 0)).toEqual({ breakAfter: 1 });
    expect(leg(0, { isThinking: true }, 0)).toEqual({ goOnWith: '</think>' });
    expect(leg(0, {}, 1)).toEqual({ breakAfter: 2 });
    expect(leg(0, { reasoningTokens: 3 }, 3)).toEqual({});
  });
});

describe('a break', () => {
  const end = (finishReason: 'length' | 'cancelled') =>
    ({
      type: 'end',
      finishReason,
      stopSequence: null,
      usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 5 },
      timings: { prefillMs: 0, decodeMs: 0 },
    }) as const;

  it('is an end that was asked for, and no other', () => {
    expect(isBreak(end('cancelled'), { breakAfter: 5 })).toBe(true);
    expect(isBreak(end('cancelled'), {})).toBe(false);
    expect(isBreak(end('length'), { breakAfter: 5 })).toBe(false);
  });
});
