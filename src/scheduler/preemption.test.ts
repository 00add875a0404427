import { describe, expect, it } from 'vitest';
import type { Priority } from '../core/index.ts';
import { Scheduler } from './scheduler.ts';

/** A worker that obeys: whoever is told to pause has left the batch once `obey` is called. */
function lane({ slots = 1, pausable = 4 } = {}) {
  let nowMs = 0;
  const log: string[] = [];
  const told = (what: string) => (id: string) => log.push(`${what} ${id}`);
  const effects = { grant: told('grant'), expire: told('expire'), pause: told('pause'), resume: told('resume') };
  const clock = { monotonicMs: () => nowMs };
  const timeoutsMs = { high: 300, normal: 120, low: 60 };
  const subject = new Scheduler({ clock, effects, slotsPerLane: slots, maxDepth: 100, timeoutsMs });
  subject.shape('m', { slots, pausable });
  const admit = (id: string, priority: Priority, holder = 'h') => subject.admit({ id, lane: 'm', priority, holder });
  const advance = (ms: number): void => {
    nowMs += ms;
  };
  const read = (): string[] => log.splice(0);
  return { subject, admit, advance, read };
}

describe('a high request that finds no slot', () => {
  it('has the youngest low one paused, and gets the slot once that has left the batch', () => {
    const { subject, admit, read } = lane({ slots: 3 });
    admit('low-1', 'low');
    admit('low-2', 'low');
    admit('normal', 'normal');
    expect(admit('high', 'high')).toBe('queued');
    expect(read()).toEqual(['pause low-2']);
    subject.paused('low-2');
    expect(read()).toEqual(['grant high']);
    subject.leave('normal');
    expect(read()).toEqual(['resume low-2']);
  });

  it('pauses one for each that waits, and no more than the worker can hold', () => {
    const { admit, read } = lane({ slots: 4, pausable: 2 });
    for (const id of ['l1', 'l2', 'l3', 'l4']) admit(id, 'low');
    for (const id of ['h1', 'h2', 'h3']) admit(id, 'high');
    expect(read()).toEqual(['pause l4', 'pause l3']);
  });

  it('pauses nobody where the worker cannot, and none that is high or normal', () => {
    const cannot = lane({ pausable: 0 });
    cannot.admit('low', 'low');
    cannot.admit('high', 'high');
    expect(cannot.read()).toEqual([]);
    const { admit, read } = lane({ slots: 2 });
    admit('normal', 'normal');
    admit('high', 'high');
    admit('high-2', 'high');
    expect(read()).toEqual([]);
  });

  it('pauses when it is known that the worker can', () => {
    const { subject, admit, read } = lane({ pausable: 0 });
    admit('low', 'low');
    admit('high', 'high');
    subject.shape('m', { slots: 1, pausable: 1 });
    expect(read()).toEqual(['pause low']);
  });

  it('pauses nobody in vain where more run than the worker has slots for', () => {
    const { subject, admit, read } = lane({ slots: 4, pausable: 2 });
    for (const id of ['l1', 'l2', 'l3', 'l4']) admit(id, 'low');
    subject.shape('m', { slots: 2, pausable: 2 });
    admit('high', 'high');
    subject.leave('l1');
    expect(read()).toEqual([]);
    subject.leave('l2');
    expect(read()).toEqual(['pause l4']);
  });

  it('has its slot also when the low one ends instead, or its client leaves', () => {
    const { subject, admit, read } = lane();
    admit('low', 'low');
    admit('high', 'high');
    subject.leave('low');
    expect(read()).toEqual(['pause low', 'grant high']);
    subject.paused('low');
    expect(read()).toEqual([]);
  });

  it('comes before those who are due: the slot was made for it', () => {
    const { subject, admit, advance, read } = lane();
    admit('running', 'low');
    admit('due', 'low');
    advance(30);
    admit('high', 'high');
    subject.paused('running');
    expect(read()).toEqual(['pause running', 'grant high']);
  });
});

describe('a paused generation', () => {
  it('goes on at once when who it was paused for has left meanwhile', () => {
    const { subject, admit, read } = lane();
    admit('low', 'low');
    admit('high', 'high');
    subject.leave('high');
    subject.paused('low');
    expect(read()).toEqual(['pause low', 'resume low']);
  });

  it('waits for high and normal ones, and goes before low ones', () => {
    const { subject, admit, read } = lane();
    admit('paused', 'low');
    admit('low', 'low', 'other');
    admit('normal', 'normal');
    admit('high', 'high');
    subject.paused('paused');
    subject.leave('high');
    subject.leave('normal');
    subject.leave('paused');
    expect(read()).toEqual(['pause paused', 'grant high', 'grant normal', 'resume paused', 'grant low']);
  });

  it('is in nobody’s way when it leaves', () => {
    const { subject, admit, read } = lane();
    admit('low', 'low');
    admit('high', 'high');
    subject.paused('low');
    subject.leave('low');
    subject.leave('high');
    expect(read()).toEqual(['pause low', 'grant high']);
    expect(admit('next', 'low')).toBe('granted');
  });

  it('has the first slot after half of the low timeout, all its pauses counted, and is not paused again', () => {
    const { subject, admit, advance, read } = lane();
    admit('low', 'low');
    admit('h1', 'high');
    subject.paused('low');
    advance(20);
    subject.leave('h1');
    admit('h2', 'high');
    subject.paused('low');
    expect(read()).toEqual(['pause low', 'grant h1', 'resume low', 'pause low', 'grant h2']);
    admit('h3', 'high');
    advance(10);
    subject.leave('h2');
    expect(read()).toEqual(['resume low']);
    admit('h4', 'high');
    expect(read()).toEqual([]);
  });

  it('never expires', () => {
    const { subject, admit, advance, read } = lane();
    admit('low', 'low');
    admit('high', 'high');
    subject.paused('low');
    advance(10_000);
    expect(subject.expireOverdue()).toBeUndefined();
    subject.leave('high');
    expect(read()).toEqual(['pause low', 'grant high', 'resume low']);
  });

  it('is not chosen among those who waited until they were due', () => {
    const { subject, admit, advance, read } = lane();
    admit('running', 'normal');
    admit('low', 'low');
    advance(30);
    subject.leave('running');
    admit('high', 'high');
    expect(read()).toEqual(['grant low']);
  });
});
