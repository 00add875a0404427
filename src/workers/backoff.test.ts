import { expect, it } from 'vitest';
import { createBackoff } from './backoff.ts';

it('starts are held back 1 s, doubling to 30 s, with the reason, until one succeeds', () => {
  let nowMs = 0;
  const backoff = createBackoff({ monotonicMs: () => nowMs, wallMs: () => nowMs });
  expect(backoff.held()).toBeUndefined();
  for (const expectedMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    backoff.failed('no weights');
    expect(backoff.held()).toEqual({ reason: 'no weights', remainingMs: expectedMs });
    nowMs += expectedMs;
    expect(backoff.held()).toBeUndefined();
  }
  backoff.succeeded();
  backoff.failed('again');
  expect(backoff.held()?.remainingMs).toBe(1000);
});
