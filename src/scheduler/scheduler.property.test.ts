import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Priority } from '../core/index.ts';
import { Scheduler } from './scheduler.ts';

const priorities = ['high', 'normal', 'low'] as const satisfies readonly Priority[];
const timeoutsMs: Readonly<Record<Priority, number>> = { high: 300_000, normal: 120_000, low: 60_000 };

interface Job {
  readonly id: string;
  readonly priority: Priority;
  readonly holder: string;
  readonly arrivedMs: number;
}

type State = 'waiting' | 'running' | 'pausing' | 'paused' | 'gone';

/** A scheduler whose every word is checked against what it said before. */
function checkedScheduler({
  slots,
  pausable = 0,
  maxDepth = 1000,
}: {
  slots: number;
  pausable?: number;
  maxDepth?: number;
}) {
  let nowMs = 0;
  const states = new Map<string, State>();
  const jobs = new Map<string, Job>();
  const granted: Job[] = [];
  const expired: Job[] = [];
  const is = (state: State): string[] => [...states].filter(([, one]) => one === state).map(([id]) => id);
  const move = (id: string, from: State, to: State): void => {
    expect(states.get(id)).toBe(from);
    states.set(id, to);
    expect(is('running').length + is('pausing').length).toBeLessThanOrEqual(slots);
    expect(is('paused').length + is('pausing').length).toBeLessThanOrEqual(pausable);
  };
  const subject = new Scheduler({
    clock: { monotonicMs: () => nowMs },
    slotsPerLane: slots,
    maxDepth,
    timeoutsMs,
    effects: {
      grant: (id) => {
        move(id, 'waiting', 'running');
        granted.push(jobs.get(id)!);
      },
      expire: (id) => {
        move(id, 'waiting', 'gone');
        expired.push(jobs.get(id)!);
      },
      pause: (id) => move(id, 'running', 'pausing'),
      resume: (id) => move(id, 'paused', 'running'),
    },
  });
  subject.shape('m', { slots, pausable });
  const admit = (id: string, priority: Priority, holder: string): string => {
    jobs.set(id, { id, priority, holder, arrivedMs: nowMs });
    states.set(id, 'waiting');
    const admission = subject.admit({ id, lane: 'm', priority, holder });
    if (admission === 'granted') move(id, 'waiting', 'running');
    else if (admission === 'queue_full') states.set(id, 'gone');
    return admission;
  };
  const leave = (id: string): void => {
    states.set(id, 'gone');
    subject.leave(id);
  };
  const obey = (id: string): void => {
    states.set(id, 'paused');
    subject.paused(id);
  };
  const advance = (ms: number): void => {
    nowMs += ms;
    subject.expireOverdue();
  };
  return { subject, granted, expired, is, admit, leave, obey, advance, now: () => nowMs };
}

const command = fc.oneof(
  fc.record({
    kind: fc.constant('admit' as const),
    priority: fc.constantFrom(...priorities),
    holder: fc.constantFrom('a', 'b', 'c'),
  }),
  fc.record({ kind: fc.constantFrom('leave' as const, 'end' as const, 'obey' as const), pick: fc.nat(30) }),
  fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(40_000) }),
);

describe('whatever happens to it, the scheduler', () => {
  it('grants nobody twice, counts exactly, fills every slot, and keeps the order of each holder and priority', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.nat(2),
        fc.array(command, { maxLength: 80 }),
        (slots, pausable, commands) => {
          const world = checkedScheduler({ slots, pausable, maxDepth: 12 });
          commands.forEach((one, index) => {
            const from = world.granted.length;
            if (one.kind === 'admit') world.admit(`j${index}`, one.priority, one.holder);
            else if (one.kind === 'advance') world.advance(one.ms);
            else {
              const states = { leave: ['waiting', 'paused'], end: ['running', 'pausing'], obey: ['pausing'] } as const;
              const ids = states[one.kind].flatMap((state) => world.is(state));
              const id = ids[one.pick % Math.max(1, ids.length)];
              if (id !== undefined) (one.kind === 'obey' ? world.obey : world.leave)(id);
            }
            const waiting = world.is('waiting');
            expect(world.subject.depth).toBe(waiting.length);
            if (waiting.length + world.is('paused').length > 0)
              expect(world.is('running').length + world.is('pausing').length).toBe(slots);
            for (const job of world.granted.slice(from)) {
              const older = waiting.filter((id) => Number(id.slice(1)) < Number(job.id.slice(1)));
              expect(older.filter((id) => commandsMatch(commands[Number(id.slice(1))], job))).toEqual([]);
            }
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('starves nobody: with slots enough for half of a low timeout, a flood of high keeps no low one from its slot', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        (slots, lows, holders) => {
          const serviceMs = 900; // Half of a low timeout is 33 services of each slot; every second is theirs.
          const world = checkedScheduler({ slots });
          const count = Math.min(lows, 16 * slots);
          for (let n = 0; n < slots; n += 1) world.admit(`first-${n}`, 'high', 'flood');
          for (let n = 0; n < count; n += 1) world.admit(`low-${n}`, 'low', `h${n % holders}`);
          for (let step = 0; world.now() < timeoutsMs.low + serviceMs; step += 1) {
            while (world.subject.depth < count + 3) world.admit(`high-${step}-${world.subject.depth}`, 'high', 'flood');
            world.advance(serviceMs);
            for (const id of world.is('running')) world.leave(id);
          }
          expect(world.expired).toEqual([]);
          expect(world.granted.filter(({ priority }) => priority === 'low')).toHaveLength(count);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('serves the last of 500 low ones within its bound under a steady stream of high', () => {
    const world = checkedScheduler({ slots: 8 });
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) world.admit(`first-${n}`, 'high', 'flood');
    for (let n = 0; n < 500; n += 1) world.admit(`low-${n}`, 'low', 'batch');
    for (let step = 0; world.is('waiting').some((id) => id.startsWith('low')); step += 1) {
      // As many as the slots can take, all the time: without ageing no low one would ever run.
      for (let n = 0; n < 8; n += 1) world.admit(`high-${step}-${n}`, 'high', 'flood');
      const before = world.granted.length;
      world.advance(200);
      for (const id of world.is('running')) world.leave(id);
      for (const { priority, arrivedMs } of world.granted.slice(before))
        if (priority === 'low') waits.push(world.now() - arrivedMs);
    }
    expect(world.expired).toEqual([]);
    expect(waits).toHaveLength(500);
    expect(Math.max(...waits)).toBeLessThan(timeoutsMs.low);
  });
});

function commandsMatch(of: unknown, { priority, holder }: Job): boolean {
  const other = of as { readonly priority?: Priority; readonly holder?: string } | undefined;
  return other?.priority === priority && other.holder === holder;
}
