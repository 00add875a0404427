import { describe, expect, it } from 'vitest';
import { createActivity } from './activity.ts';

function started() {
  let nowMs = 0;
  const activity = createActivity({ monotonicMs: () => nowMs, wallMs: () => 0 });
  const about = { requestId: 'r', model: 'org/m' };
  const token = () => activity.add({ type: 'tokens-generated', ...about, tokens: 2, sinceMs: 1, first: false });
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { activity, pass, token, place: { ...about, priority: 'normal' as const } };
}

describe('the tokens a second of a model', () => {
  it('are those of now, and none once it is silent', () => {
    const { activity, pass, token } = started();
    for (let index = 0; index < 300; index += 1) {
      token();
      pass(20);
    }
    expect(activity.read('org/m').tokensPerSecond).toBeCloseTo(100, -1);
    pass(2000);
    expect(activity.read('org/m').tokensPerSecond).toBe(0);
    expect(activity.read('org/other').tokensPerSecond).toBe(0);
  });

  it('are told of an answer that has just begun', () => {
    const { activity, pass, token } = started();
    pass(5000);
    for (let index = 0; index < 10; index += 1) {
      token();
      pass(50);
    }
    expect(activity.read('org/m').tokensPerSecond).toBe(40);
  });
});

it('who waits for a model is counted until it has its turn, or leaves', () => {
  const { activity, place } = started();
  activity.add({ type: 'generation-queued', ...place });
  activity.add({ type: 'generation-queued', ...place, requestId: 's' });
  expect(activity.read('org/m').waiting).toBe(2);
  activity.add({ type: 'generation-granted', queueWaitMs: 1, ...place });
  activity.add({ type: 'generation-unqueued', outcome: 'left', ...place, requestId: 's' });
  expect(activity.read('org/m').waiting).toBe(0);
});
