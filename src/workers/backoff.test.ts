import { describe, expect, it } from 'vitest';
import { createBackoff } from './backoff.ts';

function backoffAt(startMs = 0) {
  let nowMs = startMs;
  const backoff = createBackoff({ monotonicMs: () => nowMs, wallMs: () => Number.NaN });
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { backoff, pass };
}

describe('starts are held back', () => {
  it('1 s, doubling to 30 s, with the reason, until one succeeds', () => {
    const { backoff, pass } = backoffAt();
    expect(backoff.held()).toBeUndefined();
    for (const expectedMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      backoff.failed('no weights');
      expect(backoff.held()).toEqual({ reason: 'no weights', remainingMs: expectedMs });
      pass(expectedMs);
      expect(backoff.held()).toBeUndefined();
    }
    backoff.succeeded();
    backoff.failed('again');
    expect(backoff.held()?.remainingMs).toBe(1000);
  });

  it('from the third worker on that dies before it has answered anything', () => {
    const { backoff, pass } = backoffAt();
    backoff.diedBarren('killed');
    backoff.diedBarren('killed');
    expect(backoff.held()).toBeUndefined();
    for (const expectedMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      backoff.diedBarren('killed');
      expect(backoff.held()?.remainingMs).toBe(expectedMs);
      pass(expectedMs);
    }
  });

  it('not for two such deaths, as one bad request makes them, as long as an answer lies between', () => {
    const { backoff } = backoffAt();
    for (let round = 0; round < 20; round += 1) {
      backoff.diedBarren('killed');
      backoff.diedBarren('killed');
      backoff.succeeded();
    }
    expect(backoff.held()).toBeUndefined();
  });
});
