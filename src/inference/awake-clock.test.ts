import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startAwakeClock } from './awake-clock.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

function awakeClock() {
  let nowMs = 0;
  const subject = startAwakeClock({ monotonicMs: () => nowMs });
  const pass = (ms: number): void => {
    for (let step = 0; step < ms; step += 100) {
      nowMs += 100;
      vi.advanceTimersByTime(100);
    }
  };
  /** No timer fires until it is over. */
  const stand = (ms: number): void => {
    nowMs += ms;
  };
  return { subject, pass, stand };
}

it('time in which the process runs is counted, however long nobody asks', () => {
  const { subject, pass } = awakeClock();
  pass(60_000);
  expect(subject.monotonicMs()).toBe(60_000);
});

it('time in which it stands still is not, whether a timer or somebody else is first to look', () => {
  const { subject, pass, stand } = awakeClock();
  pass(5000);
  stand(20_000);
  expect(subject.monotonicMs()).toBe(6000);
  stand(20_000);
  pass(5000);
  expect(subject.monotonicMs()).toBeLessThanOrEqual(12_000);
});

it('a timer that comes a little late costs nothing', () => {
  const { subject, stand } = awakeClock();
  stand(1400);
  expect(subject.monotonicMs()).toBe(1400);
});
