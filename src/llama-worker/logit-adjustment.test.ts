import { describe, expect, it } from 'vitest';
import { type Adjustments, createLogitAdjustment } from './logit-adjustment.ts';

const none: Adjustments = { logitBias: [], presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1 };
const history = Uint32Array.of(1, 2);

const biasOf = (adjustments: Partial<Adjustments>, answer: readonly number[] = []) => {
  const adjustment = createLogitAdjustment({ ...none, ...adjustments }, 100);
  for (const token of answer) adjustment.count(token);
  const { tokenBiasKeys, tokenBiasValues } = adjustment.settings(history);
  return Object.fromEntries([...(tokenBiasKeys ?? [])].map((token, index) => [token, tokenBiasValues?.[index]]));
};

describe('createLogitAdjustment', () => {
  it('sets nothing when nothing is asked', () => {
    const adjustment = createLogitAdjustment(none, 100);
    expect(adjustment.settings(history)).toEqual({});
    expect(adjustment.changes).toBe(false);
  });

  it('subtracts presence once and frequency each time, over the answer only', () => {
    expect(biasOf({ presencePenalty: 0.5, frequencyPenalty: 0.25 }, [7, 8, 7])).toEqual({ 7: -1, 8: -0.75 });
  });

  it('adds penalties to a bias on the same token', () => {
    expect(biasOf({ logitBias: [[7, 2]], presencePenalty: 0.5 }, [7])).toEqual({ 7: 1.5 });
  });

  it('keeps any number of tokens', () => {
    const answer = Array.from({ length: 100 }, (_, token) => token);
    expect(Object.keys(biasOf({ frequencyPenalty: 1 }, answer))).toHaveLength(100);
  });

  it('penalises repetition over prompt and answer', () => {
    const settings = createLogitAdjustment({ ...none, repetitionPenalty: 1.1 }, 100).settings(history);
    expect(settings).toEqual({ repeatPenalty: 1.1, repeatPenaltyMaxTokens: 100, repeatPenaltyTokens: history });
  });
});
