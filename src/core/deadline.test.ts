import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { withDeadline } from './deadline.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a deadline', () => {
  it('comes, also where garbage was collected meanwhile', async () => {
    using deadline = withDeadline(new AbortController().signal, 50);
    for (let times = 0; times < 5; times += 1) {
      await turn();
      collectGarbage();
    }
    if (!deadline.signal.aborted) await once(deadline.signal, 'abort');
    expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('is not waited for where the given signal aborts first, or has aborted, with its reason', () => {
    const given = new AbortController();
    using before = withDeadline(given.signal, 60_000);
    given.abort('no more');
    using after = withDeadline(given.signal, 60_000);
    expect([before.signal.reason, after.signal.reason]).toEqual(['no more', 'no more']);
  });

  it('does not come once the work is over', async () => {
    const given = new AbortController();
    const deadline = withDeadline(given.signal, 60_000);
    deadline[Symbol.dispose]();
    given.abort();
    expect(deadline.signal.aborted).toBe(false);
  });
});
