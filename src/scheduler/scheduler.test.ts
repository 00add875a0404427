import { describe, expect, it } from 'vitest';
import type { Priority } from '../core/index.ts';
import { Scheduler } from './scheduler.ts';

function scheduler(options: { slotsPerLane?: number; maxDepth?: number } = {}) {
  let nowMs = 0;
  const log: string[] = [];
  const clock = { monotonicMs: () => nowMs, wallMs: () => Number.NaN };
  const timeoutsMs: Record<Priority, number> = { high: 300, normal: 120, low: 60 };
  const effects = { grant: (id: string) => log.push(`grant ${id}`), expire: (id: string) => log.push(`expire ${id}`) };
  const subject = new Scheduler({ clock, effects, slotsPerLane: 1, maxDepth: 10, timeoutsMs, ...options });
  const advance = (ms: number): void => {
    nowMs += ms;
  };
  return { subject, log, advance };
}

describe('the scheduler', () => {
  it('grants at once while a slot is free', () => {
    const { subject } = scheduler({ slotsPerLane: 2 });
    expect(['a', 'b', 'c'].map((id) => subject.admit(id, 'm', 'normal'))).toEqual(['granted', 'granted', 'queued']);
  });

  it('keeps the lanes of different models apart', () => {
    const { subject } = scheduler();
    expect(subject.admit('a', 'm1', 'normal')).toBe('granted');
    expect(subject.admit('b', 'm2', 'normal')).toBe('granted');
  });

  it('grants by priority, then in order of arrival', () => {
    const { subject, log } = scheduler();
    subject.admit('running', 'm', 'normal');
    for (const [id, priority] of [
      ['l', 'low'],
      ['n1', 'normal'],
      ['h', 'high'],
      ['n2', 'normal'],
    ] as const) {
      subject.admit(id, 'm', priority);
    }
    for (const id of ['running', 'h', 'n1', 'n2', 'l']) subject.leave(id);
    expect(log).toEqual(['grant h', 'grant n1', 'grant n2', 'grant l']);
  });

  it('refuses at once when the queue is full', () => {
    const { subject } = scheduler({ maxDepth: 1 });
    subject.admit('a', 'm', 'normal');
    subject.admit('b', 'm', 'normal');
    expect(subject.admit('c', 'm', 'high')).toBe('queue_full');
    subject.leave('b');
    expect(subject.admit('d', 'm', 'high')).toBe('queued');
  });

  it('never grants a waiter that left', () => {
    const { subject, log } = scheduler();
    subject.admit('a', 'm', 'normal');
    subject.admit('b', 'm', 'normal');
    subject.leave('b');
    subject.leave('a');
    expect(log).toEqual([]);
    expect(subject.depth).toBe(0);
  });

  it('expires each waiter at the bound of its priority', () => {
    const { subject, log, advance } = scheduler();
    subject.admit('a', 'm', 'normal');
    subject.admit('low', 'm', 'low');
    subject.admit('normal', 'm', 'normal');
    expect(subject.expireOverdue()).toBe(60);
    advance(60);
    expect(subject.expireOverdue()).toBe(120);
    advance(60);
    expect(subject.expireOverdue()).toBeUndefined();
    expect(log).toEqual(['expire low', 'expire normal']);
  });

  it('does not let a newcomer pass those who wait', () => {
    const { subject } = scheduler({ slotsPerLane: 1 });
    subject.admit('a', 'm', 'normal');
    subject.admit('b', 'm', 'low');
    expect(subject.admit('c', 'm', 'high')).toBe('queued');
  });
});
