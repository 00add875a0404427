// Waiting for something that another process does: looks until it is so, or says what it waited for.
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupFailure } from '../failure.mjs';

const pollMs = 100;

/** @param {{ what: string, limitMs?: number, signal: AbortSignal, look: () => unknown }} options resolves with what `look` finds */
export async function waitFor({ what, limitMs = 120_000, signal, look }) {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > deadlineMs)
      throw new SetupFailure({ cause: `${what} did not come within ${limitMs / 1000} s` });
    await sleep(pollMs, undefined, { signal });
  }
}
