import { describe, expect, it } from 'vitest';
import { type ContextNeeds, planContext, smallerPlan } from './context-plan.ts';

const plan = (needs: Partial<ContextNeeds>) =>
  planContext({
    asked: null,
    trained: 131_072,
    maxBatch: 8,
    bytesPerToken: 1000,
    availableBytes: 1e12,
    weightBytes: 1e12,
    ...needs,
  });

describe('planContext', () => {
  it("gives every sequence the model's own context when that fits", () => {
    expect(plan({})).toEqual({ contextLength: 131_072, sequences: 8, pausable: 2 });
  });

  it('keeps an ordered context and reduces the sequences', () => {
    expect(plan({ asked: 16_384, availableBytes: 1e8 })).toEqual({ contextLength: 16_384, sequences: 3, pausable: 0 });
  });

  it('shortens a context that nobody ordered before it reduces the sequences', () => {
    const { contextLength, sequences, pausable } = plan({ availableBytes: 1e9 });
    expect({ sequences, pausable }).toEqual({ sequences: 8, pausable: 2 });
    expect(contextLength).toBeGreaterThan(8192);
    expect(contextLength * (sequences + pausable) * 1000).toBeLessThanOrEqual(0.25 * 1e9);
  });

  it('reduces the sequences rather than go below a useful context', () => {
    expect(plan({ availableBytes: 5e7 })).toEqual({ contextLength: 4096, sequences: 3, pausable: 0 });
  });

  it('shortens even an ordered context when one sequence does not fit', () => {
    expect(plan({ asked: 131_072, availableBytes: 1e7 })).toEqual({ contextLength: 5888, sequences: 1, pausable: 0 });
  });

  it('has room for one paused sequence beside a single one, and for a quarter where fewer fit than were asked for', () => {
    expect(plan({ maxBatch: 1 })).toMatchObject({ sequences: 1, pausable: 1 });
    expect(plan({ asked: 4096, availableBytes: 4.2e7 })).toMatchObject({ sequences: 5, pausable: 1 });
  });

  it("keeps within the server's number of tokens, ordered or not", () => {
    expect(plan({ asked: 4096, mostTokens: 16_384 })).toEqual({ contextLength: 4096, sequences: 3, pausable: 1 });
    expect(plan({ mostTokens: 81_920 })).toEqual({ contextLength: 8192, sequences: 8, pausable: 2 });
    expect(plan({ asked: 8192, mostTokens: 1_000 })).toEqual({ contextLength: 768, sequences: 1, pausable: 0 });
  });

  it('stays in proportion to the model when nobody ordered a context', () => {
    const { contextLength, sequences } = plan({ weightBytes: 1e8 });
    expect(sequences).toBe(8);
    expect(contextLength * sequences * 1000).toBeLessThanOrEqual(2 ** 31);
    expect(plan({ weightBytes: 1e8, asked: 131_072 }).contextLength).toBe(131_072);
  });

  it('never exceeds what the model was trained for', () => {
    expect(plan({ asked: 1_000_000 }).contextLength).toBe(131_072);
    expect(plan({ trained: 2048 }).contextLength).toBe(2048);
  });
});

describe('smallerPlan', () => {
  it('halves the sequences, then the context, then gives up', () => {
    const smaller = (contextLength: number, sequences: number, pausable: number) =>
      smallerPlan({ contextLength, sequences, pausable });
    expect(smaller(4096, 8, 2)).toEqual({ contextLength: 4096, sequences: 4, pausable: 1 });
    expect(smaller(4096, 1, 1)).toEqual({ contextLength: 4096, sequences: 1, pausable: 0 });
    expect(smaller(4096, 1, 0)).toEqual({ contextLength: 2048, sequences: 1, pausable: 0 });
    expect(smaller(512, 1, 0)).toBeNull();
  });
});
