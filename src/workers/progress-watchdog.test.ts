import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startProgressWatchdog } from './progress-watchdog.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watchdog(timeoutMs = 1000) {
  let nowMs = 0;
  const silent: string[][] = [];
  const clock = { monotonicMs: () => nowMs, wallMs: () => Number.NaN };
  const subject = startProgressWatchdog({ clock, timeoutMs, onSilent: (ids) => silent.push([...ids]) });
  /** Time as it passes for a process that runs. */
  const pass = (ms: number): void => {
    for (let step = 0; step < ms; step += 10) {
      nowMs += 10;
      vi.advanceTimersByTime(10);
    }
  };
  /** Time as it passes for a process that is stopped: no timer fires until it is over. */
  const suspend = (ms: number): void => {
    nowMs += ms;
    vi.advanceTimersByTime(200);
  };
  /** A loop that was blocked for `ms`: the timer that is due comes first, then `read`, which was waiting in a pipe. */
  const stall = async (ms: number, read: () => void): Promise<void> => {
    nowMs += ms;
    setImmediate(read);
    vi.advanceTimersByTime(100);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { subject, silent, pass, suspend, stall };
}

describe('the progress watchdog', () => {
  it('names every request that was silent for the timeout, once', () => {
    const { subject, silent, pass } = watchdog();
    subject.progress('a');
    subject.progress('b');
    pass(5000);
    expect(silent).toEqual([['a', 'b']]);
  });

  it('spares the request that makes progress', () => {
    const { subject, silent, pass } = watchdog();
    subject.progress('silent');
    for (let tenth = 0; tenth < 12; tenth += 1) {
      subject.progress('busy');
      pass(100);
    }
    expect(silent).toEqual([['silent']]);
  });

  it('forgets what has ended', () => {
    const { subject, silent, pass } = watchdog();
    subject.progress('a');
    subject.forget('a');
    pass(5000);
    expect(silent).toEqual([]);
  });

  it('does not count time in which this process stood still', () => {
    const { subject, silent, pass, suspend } = watchdog();
    subject.progress('a');
    pass(500);
    suspend(60_000);
    pass(300);
    expect(silent).toEqual([]);
    pass(600);
    expect(silent).toEqual([['a']]);
  });

  it('hears a frame that came before its verdict, though the timer was first', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { subject, silent, pass, stall } = watchdog();
    subject.progress('a');
    pass(600);
    await stall(450, () => subject.progress('a'));
    expect(silent).toEqual([]);
  });
});
