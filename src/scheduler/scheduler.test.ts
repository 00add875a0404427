import { describe, expect, it } from 'vitest';
import type { Priority } from '../core/index.ts';
import { Scheduler } from './scheduler.ts';

function scheduler(options: { slotsPerLane?: number; maxDepth?: number } = {}) {
  let nowMs = 0;
  const log: string[] = [];
  const clock = { monotonicMs: () => nowMs };
  const timeoutsMs: Record<Priority, number> = { high: 300, normal: 120, low: 60 };
  const told = (what: string) => (id: string) => log.push(`${what} ${id}`);
  const effects = { grant: told('grant'), expire: told('expire'), pause: told('pause'), resume: told('resume') };
  const subject = new Scheduler({ clock, effects, slotsPerLane: 1, maxDepth: 10, timeoutsMs, ...options });
  const admit = (id: string, priority: Priority = 'normal', { lane = 'm', holder = 'h' } = {}) =>
    subject.admit({ id, lane, priority, holder });
  const advance = (ms: number): void => {
    nowMs += ms;
    subject.expireOverdue();
  };
  /** Ends whoever runs, one after the other, until nobody waits; the order of the grants. */
  const drain = (running: string): string[] => {
    const order: string[] = [];
    for (let id: string | undefined = running; id !== undefined; ) {
      log.length = 0;
      subject.leave(id);
      id = log.find((line) => line.startsWith('grant'))?.slice(6);
      if (id !== undefined) order.push(id);
    }
    return order;
  };
  return { subject, log, admit, advance, drain };
}

describe('the scheduler', () => {
  it('grants at once while a slot is free', () => {
    const { admit } = scheduler({ slotsPerLane: 2 });
    expect(['a', 'b', 'c'].map((id) => admit(id))).toEqual(['granted', 'granted', 'queued']);
  });

  it('keeps the lanes of different models apart', () => {
    const { admit } = scheduler();
    expect([admit('a', 'normal', { lane: 'm1' }), admit('b', 'normal', { lane: 'm2' })]).toEqual([
      'granted',
      'granted',
    ]);
  });

  it('grants by priority, then in order of arrival', () => {
    const { admit, drain } = scheduler();
    admit('running');
    admit('l1', 'low');
    admit('n1');
    admit('h1', 'high');
    admit('n2');
    admit('l2', 'low');
    admit('h2', 'high');
    expect(drain('running')).toEqual(['h1', 'h2', 'n1', 'n2', 'l1', 'l2']);
  });

  it('refuses at once when the queue is full, whatever the priority', () => {
    const { subject, admit } = scheduler({ maxDepth: 1 });
    admit('a');
    admit('b');
    expect([admit('c', 'high'), subject.full]).toEqual(['queue_full', true]);
    subject.leave('b');
    expect(admit('d', 'high')).toBe('queued');
  });

  it('never grants a waiter that left', () => {
    const { subject, log, admit } = scheduler();
    admit('a');
    admit('b');
    subject.leave('b');
    subject.leave('a');
    expect([log, subject.depth]).toEqual([[], 0]);
  });

  it('expires each waiter at the bound of its priority', () => {
    const { subject, log, admit, advance } = scheduler();
    admit('a');
    admit('low', 'low');
    admit('normal');
    expect(subject.expireOverdue()).toBe(60);
    advance(60);
    expect(subject.expireOverdue()).toBe(120);
    advance(60);
    expect(subject.expireOverdue()).toBeUndefined();
    expect(log).toEqual(['expire low', 'expire normal']);
  });

  it('expires a waiter whose time is over when a slot becomes free, and does not grant it', () => {
    const { subject, log, admit, advance } = scheduler();
    admit('a');
    admit('low', 'low');
    advance(59);
    subject.leave('low');
    admit('late', 'low');
    advance(60);
    subject.leave('a');
    expect(log).toEqual(['expire late']);
  });

  it('does not let a newcomer pass those who wait', () => {
    const { admit } = scheduler();
    admit('a');
    admit('b', 'low');
    expect(admit('c', 'high')).toBe('queued');
  });

  it('never runs more than the worker of the lane can, nor more than it is allowed to', () => {
    const { subject, log, admit } = scheduler({ slotsPerLane: 3 });
    subject.shape('m', { slots: 1, pausable: 0 });
    for (const id of ['a', 'b', 'c', 'd', 'e']) admit(id);
    subject.shape('m', { slots: 64, pausable: 0 });
    expect(log).toEqual(['grant b', 'grant c']);
  });
});

describe('turns', () => {
  it('go round between holders inside a priority, and each holder is served in order of arrival', () => {
    const { admit, drain } = scheduler();
    admit('running');
    for (const id of ['a1', 'a2', 'a3', 'a4']) admit(id, 'normal', { holder: 'a' });
    for (const id of ['b1', 'b2']) admit(id, 'normal', { holder: 'b' });
    admit('c1', 'normal', { holder: 'c' });
    expect(drain('running')).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('do not raise anybody above his priority', () => {
    const { admit, drain } = scheduler();
    admit('running');
    admit('a-high', 'high', { holder: 'a' });
    admit('a-high-2', 'high', { holder: 'a' });
    admit('b-normal', 'normal', { holder: 'b' });
    expect(drain('running')).toEqual(['a-high', 'a-high-2', 'b-normal']);
  });

  it('pass over a holder whose waiters have all left', () => {
    const { subject, admit, drain } = scheduler();
    admit('running');
    admit('a1', 'normal', { holder: 'a' });
    admit('b1', 'normal', { holder: 'b' });
    admit('a2', 'normal', { holder: 'a' });
    subject.leave('b1');
    expect(drain('running')).toEqual(['a1', 'a2']);
  });
});

describe('ageing', () => {
  it('lets a low waiter stand among the normal ones after a quarter of its time, as old as it is', () => {
    const { admit, advance, drain } = scheduler();
    admit('running');
    admit('low', 'low');
    advance(14);
    admit('n1');
    expect(drain('running')).toEqual(['n1', 'low']);
    const aged = scheduler();
    aged.admit('running');
    aged.admit('low', 'low');
    aged.advance(15);
    aged.admit('n1');
    expect(aged.drain('running')).toEqual(['low', 'n1']);
  });

  it('gives every second slot to those who have waited for half of their time', () => {
    const { admit, advance, drain } = scheduler();
    admit('running');
    for (const id of ['l1', 'l2', 'l3']) admit(id, 'low');
    advance(30);
    for (const id of ['h1', 'h2', 'h3']) admit(id, 'high');
    expect(drain('running')).toEqual(['l1', 'h1', 'l2', 'h2', 'l3', 'h3']);
  });
});

describe('when to come again', () => {
  it('follows how fast the lane has been lately, and how many wait in it', () => {
    const { subject, admit, advance } = scheduler();
    expect(subject.retryAfterSeconds('m')).toBe(5);
    const serve = (count: number, ms: number): void => {
      for (let n = 0; n < count; n += 1) {
        admit('running');
        advance(ms);
        subject.leave('running');
      }
    };
    serve(10, 2000);
    expect(subject.retryAfterSeconds('m')).toBe(2);
    admit('running');
    for (let n = 0; n < 5; n += 1) admit(`w${n}`, 'high');
    expect(subject.retryAfterSeconds('m')).toBe(12);
    for (const id of ['w0', 'w1', 'w2', 'w3', 'w4', 'running']) subject.leave(id);
    serve(64, 100);
    admit('running');
    for (let n = 0; n < 5; n += 1) admit(`w${n}`, 'high');
    expect(subject.retryAfterSeconds('m')).toBe(1);
  });

  it('is a second at least and a minute at most', () => {
    const { subject, admit, advance } = scheduler();
    admit('fast');
    subject.leave('fast');
    expect(subject.retryAfterSeconds('m')).toBe(1);
    admit('slow');
    advance(1_000_000);
    expect(subject.retryAfterSeconds('m')).toBe(60);
  });

  it('does not count time in which the lane had nothing to do', () => {
    const { subject, admit, advance } = scheduler();
    admit('a');
    advance(2000);
    subject.leave('a');
    advance(1_000_000);
    expect(subject.retryAfterSeconds('m')).toBe(2);
  });
});
