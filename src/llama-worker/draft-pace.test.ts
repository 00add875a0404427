import { describe, expect, it } from 'vitest';
import { createDraftPace } from './draft-pace.ts';

/** The kinds of `count` tokens: p for one of a plain step of 10 ms, d for those of a step with a proposal. */
function kinds(count: number, draftedMs: number, tokensOfStep: number): string {
  const pace = createDraftPace();
  let said = '';
  while (said.length < count) {
    if (pace.pays()) {
      pace.noteDrafted({ tokens: tokensOfStep, tookMs: draftedMs });
      said += 'd'.repeat(tokensOfStep);
    } else {
      pace.notePlain(10);
      said += 'p';
    }
  }
  return said;
}

describe('a draft model', () => {
  it('that makes tokens faster goes on, but for a plain step now and then', () => {
    expect(kinds(70, 30, 4)).toBe(`p${'d'.repeat(64)}pdddd`);
  });

  it('that makes them slower is left alone after a trial, and tried again later', () => {
    expect(kinds(80, 50, 2)).toBe(`p${'d'.repeat(8)}${'p'.repeat(56)}${'d'.repeat(8)}${'p'.repeat(7)}`);
  });
});
