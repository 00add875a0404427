import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Priority, ServerError, type ServerEvent } from '../core/index.ts';
import { WaitingRoom } from './waiting-room.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;

function room({ slots = 1, pausable = 1, depth = 10 } = {}) {
  let nowMs = 0;
  const events: string[] = [];
  const emit = (event: ServerEvent): void => {
    if ('priority' in event) events.push(`${event.type.slice('generation-'.length)} ${event.requestId}`);
  };
  const subject = new WaitingRoom({
    clock: { monotonicMs: () => nowMs, wallMs: () => Number.NaN },
    emit,
    maxConcurrentRequests: slots,
    queueMaxDepth: depth,
    queueTimeoutsMs: { high: 300_000, normal: 120_000, low: 60_000 },
  });
  subject.shape('m', { slots, pausable });
  const enter = (requestId: string, priority: Priority, signal = never) =>
    subject.enter({ requestId, model: 'm', priority }, 'h', signal);
  const pass = (ms: number): void => {
    for (let step = 0; step < ms; step += 500) {
      nowMs += 500;
      vi.advanceTimersByTime(500);
    }
  };
  /** No timer fires until it is over. */
  const stand = (ms: number): void => {
    nowMs += ms;
    vi.advanceTimersByTime(1);
  };
  return { subject, enter, events, pass, stand };
}

describe('a high generation', () => {
  it('gets the place of a low one that is in no worker yet at once, and gives it back', async () => {
    const { subject, enter, events } = room();
    const low = await enter('low', 'low');
    const high = await enter('high', 'high');
    expect([low.gate.isPaused, subject.depth]).toEqual([true, 0]);
    const passed = low.gate.passed(never).then(() => events.push('passed'));
    high.leave();
    await passed;
    expect(events).toEqual(['granted low', 'paused low', 'queued high', 'granted high', 'continued low', 'passed']);
  });
});

describe('a waiter', () => {
  it('goes out when its time is over, and hears when to come again', async () => {
    const { enter, events, pass } = room({ pausable: 0 });
    await enter('running', 'high');
    const waiting = enter('low', 'low');
    pass(61_000);
    await expect(waiting).rejects.toMatchObject({ code: 'queue_timeout', retryAfterSeconds: 5 });
    expect(events).toEqual(['granted running', 'queued low', 'unqueued low']);
  });

  it('of low priority goes out in time behind a high one that has more', async () => {
    const { subject, enter, pass } = room({ pausable: 0 });
    await enter('running', 'high');
    void enter('high', 'high');
    const low = enter('low', 'low');
    pass(61_000);
    await expect(low).rejects.toMatchObject({ code: 'queue_timeout' });
    expect(subject.depth).toBe(1);
  });

  it('does not go out for the time in which the whole server stood still', async () => {
    const { subject, enter, pass, stand } = room({ pausable: 0 });
    const running = await enter('running', 'high');
    const waiting = enter('low', 'low');
    pass(5000);
    stand(600_000);
    pass(5000);
    expect(subject.depth).toBe(1);
    running.leave();
    expect((await waiting).queueWaitMs).toBeGreaterThan(600_000);
  });

  it('that set itself a time hears when to come again, too', async () => {
    const { enter } = room({ pausable: 0 });
    await enter('running', 'high');
    const own = new AbortController();
    const waiting = enter('low', 'low', own.signal);
    own.abort(new ServerError('queue_timeout', 'not within 1 s'));
    await expect(waiting).rejects.toMatchObject({ code: 'queue_timeout', retryAfterSeconds: 5 });
  });

  it('that leaves is gone at once, and its turn goes to the next', async () => {
    const { subject, enter, events } = room({ pausable: 0 });
    const running = await enter('running', 'high');
    const leaving = new AbortController();
    const gone = enter('gone', 'high', leaving.signal);
    const next = enter('next', 'normal');
    leaving.abort(new Error('the client left'));
    expect(subject.depth).toBe(1);
    await expect(gone).rejects.toThrow('the client left');
    running.leave();
    await next;
    expect(events.slice(1)).toEqual(['queued gone', 'queued next', 'unqueued gone', 'granted next']);
  });

  it('too many is refused', async () => {
    const { subject, enter, events } = room({ depth: 1 });
    await enter('running', 'high');
    void enter('waiting', 'high');
    await expect(enter('refused', 'high')).rejects.toMatchObject({ code: 'queue_full' });
    expect([subject.full, events.length]).toEqual([true, 3]);
  });
});
