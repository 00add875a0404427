import { describe, expect, it } from 'vitest';
import { createPrefillPace } from './prefill-pace.ts';

/** A machine that takes `overheadMs` a decode and `msPerToken` a prompt token; returns the last chunk and its time. */
function settle(
  machine: { overheadMs: number; msPerToken: number },
  pace: ReturnType<typeof createPrefillPace>,
  answers: boolean,
) {
  let tokens = 0;
  for (let chunk = 0; chunk < 40; chunk += 1) {
    tokens = pace.budget({ answers });
    pace.note(tokens, machine.overheadMs + tokens * machine.msPerToken);
  }
  return { tokens, tookMs: machine.overheadMs + tokens * machine.msPerToken };
}

describe('the pace of a prefill', () => {
  it('is a whole chunk without a target, however slow', () => {
    const pace = createPrefillPace({ chunkTokens: 64, stallTargetMs: null });
    expect(settle({ overheadMs: 100, msPerToken: 500 }, pace, true).tokens).toBe(64);
  });

  it.each([0.1, 0.7, 3, 8, 24])('keeps to the target beside answers at %s ms a token', (msPerToken) => {
    for (const overheadMs of [0, 5, 30]) {
      for (const stallTargetMs of [200, 500, 1500]) {
        const pace = createPrefillPace({ chunkTokens: 512, stallTargetMs });
        const { tokens, tookMs } = settle({ overheadMs, msPerToken }, pace, true);
        expect(tokens === 16 || tookMs <= stallTargetMs).toBe(true);
        // No smaller than it must be: twice as much would not have fitted.
        expect(tokens === 512 || overheadMs * 2 + tokens * 2 * msPerToken > stallTargetMs * 0.8).toBe(true);
      }
    }
  });

  it('leaves a cancel half a second at the most while nothing runs, and takes whole chunks where they are fast', () => {
    const slow = createPrefillPace({ chunkTokens: 512, stallTargetMs: 100 });
    expect(settle({ overheadMs: 10, msPerToken: 3 }, slow, false).tokens).toBe(128);
    const fast = createPrefillPace({ chunkTokens: 512, stallTargetMs: 100 });
    expect(settle({ overheadMs: 10, msPerToken: 0.3 }, fast, false).tokens).toBe(512);
    expect(fast.budget({ answers: true })).toBe(128);
  });

  it('shrinks and grows again with the speed', () => {
    const pace = createPrefillPace({ chunkTokens: 512, stallTargetMs: 500 });
    expect(settle({ overheadMs: 5, msPerToken: 0.5 }, pace, true).tokens).toBe(512);
    expect(settle({ overheadMs: 5, msPerToken: 5 }, pace, true).tokens).toBe(64);
    expect(settle({ overheadMs: 5, msPerToken: 0.5 }, pace, true).tokens).toBe(512);
  });

  it('begins with care beside an answer, and learns nothing from scraps', () => {
    const pace = createPrefillPace({ chunkTokens: 512, stallTargetMs: 500 });
    expect([pace.budget({ answers: true }), pace.budget({ answers: false })]).toEqual([128, 512]);
    pace.note(3, 1000);
    expect(pace.budget({ answers: true })).toBe(128);
  });
});
