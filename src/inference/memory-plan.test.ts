import { describe, expect, it } from 'vitest';
import type { LoadPlan, LoadTooLarge } from '../models/index.ts';
import { evictionsFor, freeBytes, type MemoryHolder, type MemoryLimits, planMemory } from './memory-plan.ts';

const gibibyte = 1024 ** 3;
const spare = 128 * 1024 ** 2;

const limits = (budgetGigabytes: number, machine: Partial<MemoryLimits['machine']> = {}): MemoryLimits => ({
  budgetBytes: budgetGigabytes * gibibyte,
  machine: { availableBytes: Infinity, ceilingBytes: Infinity, ...machine },
});

/** A model that was planned with `gigabytes`. */
const holder = (id: string, gigabytes: number, more: Partial<MemoryHolder> = {}): MemoryHolder => ({
  id,
  plannedBytes: gigabytes * gibibyte,
  footprint: null,
  lastUsedMs: 0,
  kept: null,
  ...more,
});

const measured = (gigabytes: number, mappedGigabytes = 0) => ({
  footprint: { bytes: gigabytes * gibibyte, mappedBytes: mappedGigabytes * gibibyte },
});

/** 4096 tokens of context for each gigabyte. */
const load = (gigabytes: number): LoadPlan => ({
  contextLength: 4096 * gigabytes,
  ownContextLength: null,
  cacheTokens: 4096,
  promptCacheBytes: 0,
  need: { process: 0, weights: gigabytes * gibibyte, kvCache: 0, activations: 0, vision: 0, promptCache: 0 },
  needBytes: gigabytes * gibibyte,
});

/** A load that takes what it is given up to `most` gigabytes, and `least` at least. */
const between =
  (least: number, most: number) =>
  (limitBytes: number): LoadPlan | LoadTooLarge =>
    limitBytes < least * gibibyte
      ? { tooLarge: true, contextLength: 4096, needBytes: least * gibibyte }
      : load(Math.min(most, limitBytes / gibibyte));

describe('what is free', () => {
  it('is the budget without what holders were promised, or hold if that is more', () => {
    expect(freeBytes(limits(10), [holder('a', 2, measured(1)), holder('b', 2, measured(5))])).toBe(3 * gibibyte);
  });

  it('is no more than the GPU may wire, nor than the machine has', () => {
    expect(freeBytes(limits(10, { ceilingBytes: 6 * gibibyte }), [holder('a', 2)])).toBe(4 * gibibyte);
    expect(freeBytes(limits(10, { availableBytes: 3 * gibibyte }), [])).toBe(3 * gibibyte - spare);
  });

  it('is, of what the machine has, what holders have not been promised and do not map', () => {
    const available = limits(100, { availableBytes: 10 * gibibyte });
    expect(freeBytes(available, [holder('grows', 4, measured(1))])).toBe(7 * gibibyte - spare);
    expect(freeBytes(available, [holder('maps', 4, measured(4, 3))])).toBe(7 * gibibyte - spare);
  });
});

describe('evictions', () => {
  const holders = [
    holder('new', 2, { lastUsedMs: 9 }),
    holder('busy', 2, { kept: 'busy' }),
    holder('old', 2, { lastUsedMs: 1 }),
    holder('pinned', 2, { kept: 'pinned' }),
    holder('older', 2, { lastUsedMs: 0 }),
  ];

  it('take the least recently used first, and no more than it takes', () => {
    expect(evictionsFor(gibibyte, gibibyte, holders)).toEqual([]);
    expect(evictionsFor(2 * gibibyte, gibibyte, holders)).toEqual(['older']);
    expect(evictionsFor(4 * gibibyte, gibibyte, holders)).toEqual(['older', 'old']);
  });

  it('spare the busy and the pinned, however much is asked', () => {
    expect(evictionsFor(100 * gibibyte, 0, holders)).toEqual(['older', 'old', 'new']);
  });
});

describe('a memory plan', () => {
  it('loads with what the model would like while there is room', () => {
    expect(planMemory(between(1, 4), limits(10), [holder('a', 2)])).toEqual({ fits: true, load: load(4), evict: [] });
  });

  it('lets idle models stay where a comfortable context fits beside them', () => {
    const plan = planMemory(between(1, 8), limits(10), [holder('idle', 4), holder('busy', 1, { kept: 'busy' })]);
    expect(plan).toEqual({ fits: true, load: load(5), evict: [] });
  });

  it('evicts idle models before it makes the context smaller than that', () => {
    const plan = planMemory(between(1, 8), limits(10), [holder('idle', 6), holder('busy', 1, { kept: 'busy' })]);
    expect(plan).toEqual({ fits: true, load: load(8), evict: ['idle'] });
  });

  it('makes the context smaller where models in use leave too little', () => {
    const plan = planMemory(between(1, 8), limits(10), [holder('busy', 7, { kept: 'busy' })]);
    expect(plan).toEqual({ fits: true, load: load(3), evict: [] });
  });

  it('counts on nothing that a model holds beyond its estimate', () => {
    const plan = planMemory(between(4, 4), limits(10), [holder('wrong', 1, { kept: 'busy', ...measured(9) })]);
    expect(plan).toMatchObject({ fits: false, shortage: { availableBytes: gibibyte, never: false } });
  });

  it('is refused with what could be had; as never to fit where all models together may not use so much', () => {
    const busy = [holder('busy', 9, { kept: 'busy' })];
    const shortage = { needBytes: 2 * gibibyte, availableBytes: gibibyte };
    expect(planMemory(between(2, 4), limits(10), busy)).toEqual({
      fits: false,
      shortage: { ...shortage, never: false },
    });
    expect(planMemory(between(11, 20), limits(10), busy)).toMatchObject({ fits: false, shortage: { never: true } });
    const mac = limits(100, { ceilingBytes: 10 * gibibyte });
    expect(planMemory(between(11, 20), mac, [])).toMatchObject({ fits: false, shortage: { never: true } });
  });
});
