import { describe, expect, it } from 'vitest';
import type { MemoryFacts } from './memory-facts.ts';
import { type LoadPlan, type LoadWish, type MemoryNeed, needAfterPrompt, planLoad, totalOf } from './plan-load.ts';

const gibibyte = 1024 ** 3;

/** Llama 3 8B in 4 bits: 128 KiB of cache a token in floats of 16 bits. */
const large = (engine: MemoryFacts['engine'], more: Partial<MemoryFacts> = {}): MemoryFacts => ({
  engine,
  embeds: false,
  weightBytes: 4.5 * gibibyte,
  halfPrecisionBytes: 0.5 * gibibyte,
  layers: 32,
  kvHeads: 8,
  headDim: 128,
  hiddenSize: 4096,
  vocabularySize: 128_256,
  contextLength: 131_072,
  ...more,
});

const wish = (more: Partial<LoadWish> = {}): LoadWish => ({
  device: 'gpu',
  contextLength: null,
  maxBatch: 8,
  promptCacheBytes: 2 * gibibyte,
  imageDimension: 512,
  kvBits: null,
  draft: null,
  ...more,
});

function planned(facts: MemoryFacts, asked: LoadWish, limitGigabytes: number): LoadPlan {
  const plan = planLoad(facts, asked, limitGigabytes * gibibyte);
  if ('tooLarge' in plan) throw new Error('it is too large');
  return plan;
}

/** With room for whatever it may take, once a prompt of 4096 tokens has run. */
function taken(facts: MemoryFacts, asked: LoadWish): MemoryNeed | null {
  const ordered = { ...asked, contextLength: 4096 };
  return needAfterPrompt(facts, ordered, planned(facts, ordered, 1000));
}

describe('a load of which nobody ordered a context', () => {
  it("has the model's own where that fits", () => {
    const plan = planned(large('mlx-text'), wish(), 80);
    expect(plan).toMatchObject({ contextLength: 131_072, ownContextLength: 131_072, cacheTokens: 131_072 });
    expect(plan.need.kvCache).toBe(16 * gibibyte + gibibyte);
    expect(plan.need.promptCache).toBe(2 * gibibyte);
  });

  it.each(['mlx-text', 'llama'] as const)('of %s is shortened so that the cache cannot outgrow the limit', (engine) => {
    const plan = planned(large(engine), wish(), 16);
    expect(plan.contextLength).toBeLessThan(131_072);
    expect(plan.contextLength).toBeGreaterThanOrEqual(4096);
    expect(plan.ownContextLength).toBe(131_072);
    expect(plan.needBytes).toBeLessThanOrEqual(16 * gibibyte);
  });

  it('is too large where not even 4096 tokens fit', () => {
    expect(planLoad(large('mlx-text'), wish(), 5 * gibibyte)).toMatchObject({ tooLarge: true, contextLength: 4096 });
  });

  it('never plans for more than its limit, whatever that is', () => {
    for (let limit = 5; limit < 60; limit += 0.37) {
      for (const engine of ['mlx-text', 'llama'] as const) {
        const plan = planLoad(large(engine), wish(), limit * gibibyte);
        if (!('tooLarge' in plan)) expect(plan.needBytes).toBeLessThanOrEqual(limit * gibibyte);
        else expect(plan.needBytes).toBeGreaterThan(limit * gibibyte);
      }
    }
  });
});

describe('a load with an ordered context', () => {
  it('has it, and as many sequences of it as there is room for', () => {
    const plan = planned(large('llama'), wish({ contextLength: 16_384 }), 16);
    expect(plan).toMatchObject({ contextLength: 16_384, ownContextLength: null });
    expect(plan.cacheTokens).toBeGreaterThanOrEqual(16_384);
    expect(plan.cacheTokens).toBeLessThan(16_384 * 10);
  });

  it('is too large where that context does not fit, with what it would take', () => {
    const plan = planLoad(large('mlx-text'), wish({ contextLength: 131_072 }), 16 * gibibyte);
    expect(plan).toMatchObject({ tooLarge: true, contextLength: 131_072 });
    expect(plan.needBytes).toBeGreaterThan(20 * gibibyte);
  });

  it("is no longer than the model's own", () => {
    expect(planned(large('mlx-text'), wish({ contextLength: 1_000_000 }), 80).contextLength).toBe(131_072);
  });
});

describe('what a model takes', () => {
  it('on a CPU is twice the halves and twice the cache on MLX, and the file as it is on llama.cpp', () => {
    const cpu = wish({ device: 'cpu' });
    const mlx = taken(large('mlx-text'), cpu);
    expect(mlx).toMatchObject({ weights: 5 * gibibyte, kvCache: gibibyte });
    const llama = taken(large('llama'), cpu);
    expect(llama).toMatchObject({ weights: 4.5 * gibibyte, kvCache: 4096 * 10 * 131_072, promptCache: 0 });
  });

  it('is less with a narrower cache', () => {
    const [plain, narrow] = [null, 4 as const].map((kvBits) => taken(large('llama'), wish({ kvBits }))!);
    expect(narrow!.kvCache / plain!.kvCache).toBeCloseTo(4.5 / 16);
  });

  it('is more with a draft model: its weights, and its cache of as many tokens', () => {
    const draft = large('mlx-text', { weightBytes: gibibyte, layers: 16 });
    const [alone, with_] = [null, draft].map((one) => taken(large('mlx-text'), wish({ draft: one }))!);
    expect(with_!.weights - alone!.weights).toBe(gibibyte);
    expect(with_!.kvCache).toBe(alone!.kvCache * 1.5);
  });

  it('has heads that differ by layer counted one by one', () => {
    const some = taken(large('llama', { kvHeads: Array.from({ length: 32 }, (_, n) => n % 2) }), wish());
    expect(some!.kvCache).toBe((4096 * 10 * 131_072) / 16);
  });

  it('where the files do not say is a fifth of the weights, for cache and for prompts, and half a gigabyte', () => {
    const plan = planned(large('mlx-text', { kvHeads: null, weightBytes: 5 * gibibyte }), wish(), 16);
    expect(plan).toMatchObject({ contextLength: 131_072, cacheTokens: null, promptCacheBytes: gibibyte });
    expect(plan.needBytes).toBe(totalOf(plan.need));
    expect(plan.needBytes).toBe(7.5 * gibibyte);
    expect(taken(large('mlx-text', { kvHeads: null }), wish())).toBeNull();
  });
});
