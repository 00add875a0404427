import { describe, expect, it } from 'vitest';
import { planStep } from './step-plan.ts';

const sequence = (length: number, evaluated: number) => ({ length, evaluated });

describe('planStep', () => {
  it('takes one token of every running answer and one chunk of the first prompt', () => {
    const answer = sequence(11, 10);
    const prompt = sequence(200, 0);
    const later = sequence(50, 0);
    expect(planStep([answer, prompt, later], 64)).toEqual([
      { sequence: answer, from: 10, count: 1, samples: true },
      { sequence: prompt, from: 0, count: 64, samples: false },
    ]);
  });

  it('gives what a prompt leaves of the chunk to the next', () => {
    const short = sequence(30, 10);
    const long = sequence(100, 0);
    expect(planStep([short, long], 64)).toEqual([
      { sequence: short, from: 10, count: 20, samples: true },
      { sequence: long, from: 0, count: 44, samples: false },
    ]);
  });

  it('never stops answers for want of room', () => {
    const prompt = sequence(100, 0);
    const answers = Array.from({ length: 8 }, () => sequence(5, 4));
    expect(planStep([prompt, ...answers], 4).filter(({ samples }) => samples)).toHaveLength(8);
  });
});
