import { describe, expect, it } from 'vitest';
import { isPrefilling, planStep } from './step-plan.ts';

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

  it('takes a short rest along with the last whole chunk, and nothing else then', () => {
    const prompt = sequence(200, 80);
    const later = sequence(50, 0);
    expect(planStep([prompt, later], 64, 63)).toEqual([{ sequence: prompt, from: 80, count: 120, samples: true }]);
    expect(planStep([sequence(300, 80)], 64, 63)).toMatchObject([{ count: 64, samples: false }]);
    expect(planStep([sequence(20, 0), sequence(90, 0)], 64, 63)).toMatchObject([{ count: 20 }, { count: 44 }]);
  });

  it('never stops answers for want of room', () => {
    const prompt = sequence(100, 0);
    const answers = Array.from({ length: 8 }, () => sequence(5, 4));
    expect(planStep([prompt, ...answers], 4).filter(({ samples }) => samples)).toHaveLength(8);
  });

  it('brings any prompts in any order of arrival to their answers, gap by gap and first come first', () => {
    let state = 7;
    const draw = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 16) % below;
    };
    for (let round = 0; round < 200; round += 1) {
      const arriving = Array.from({ length: 1 + draw(8) }, () => ({ length: 1 + draw(300), evaluated: 0 }));
      const total = arriving.reduce((sum, { length }) => sum + length, 0);
      const running: { length: number; evaluated: number }[] = [];
      let steps = 0;
      while (arriving.length > 0 || running.some(isPrefilling)) {
        if (arriving.length > 0 && draw(3) === 0) running.push(...arriving.splice(0, 1));
        const budget = 1 + draw(64);
        const parts = planStep(running, budget);
        const prefills = parts.filter(({ sequence: each }) => isPrefilling(each));
        expect(prefills.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(budget);
        const waiting = running.filter(isPrefilling);
        expect(prefills.map(({ sequence: each }) => each)).toEqual(waiting.slice(0, prefills.length));
        for (const { samples } of prefills.slice(0, -1)) expect(samples).toBe(true);
        expect(parts.length - prefills.length).toBe(running.length - waiting.length);
        for (const { sequence: each, from, count, samples } of parts) {
          expect(from).toBe(each.evaluated);
          each.evaluated += count;
          expect(samples).toBe(each.evaluated === each.length);
          if (samples) each.length += 1;
        }
        steps += 1;
        expect(steps).toBeLessThan(total + 1000);
      }
    }
  });
});
