import { describe, expect, it } from 'vitest';
import { resolveSampling } from './sampling.ts';

describe('sampling', () => {
  it('takes the request over the model over the neutral value', () => {
    const sampling = resolveSampling({ temperature: 0, topP: undefined }, { temperature: 0.2, topP: 0.9 }, () => 7);
    expect(sampling).toMatchObject({ temperature: 0, topP: 0.9, topK: 0, minP: 0, repetitionPenalty: 1, seed: 7 });
  });

  it('draws a seed only when none was asked for', () => {
    const fail = (): number => {
      throw new Error('drawn');
    };
    expect(resolveSampling({ seed: 0 }, {}, fail).seed).toBe(0);
  });
});
