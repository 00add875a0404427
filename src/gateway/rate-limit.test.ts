import { describe, expect, it } from 'vitest';
import { createRateLimiter, ipv6Network } from './rate-limit.ts';

function start(requestsPerMinute = 60, burst = 3) {
  const time = { nowMs: 0 };
  const clock = { monotonicMs: () => time.nowMs, wallMs: () => 0 };
  return { time, take: createRateLimiter({ requestsPerMinute, burst, clock }) };
}

describe('a rate limit', () => {
  it('allows a burst, then the rate, and says how long to wait', () => {
    const { time, take } = start();
    expect([1, 2, 3].map(() => take('a').remaining)).toEqual([2, 1, 0]);
    expect(take('a')).toEqual({ allowed: false, remaining: 0, resetMs: 3000, waitMs: 1000 });
    time.nowMs += 400;
    expect(take('a')).toMatchObject({ allowed: false, waitMs: 600 });
    time.nowMs += 600;
    expect(take('a').allowed).toBe(true);
    expect(take('a').allowed).toBe(false);
  });

  it('never saves up more than the burst', () => {
    const { time, take } = start();
    time.nowMs += 3_600_000;
    expect([1, 2, 3, 4].map(() => take('a').allowed)).toEqual([true, true, true, false]);
  });

  it('is one for each client', () => {
    const { take } = start(60, 1);
    expect([take('a').allowed, take('b').allowed, take('a').allowed]).toEqual([true, true, false]);
  });

  it('remembers ten thousand clients, and those that came last', () => {
    const { take } = start(1, 1);
    take('first');
    take('kept');
    for (let n = 0; n < 9_999; n += 1) take(`c${n}`);
    expect(take('c9998').allowed).toBe(false);
    expect(take('kept').allowed).toBe(false);
    expect(take('first').allowed).toBe(true);
  });

  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ])('takes %s for the network %s', (address, network) => {
    expect(ipv6Network(address)).toBe(network);
  });
});
