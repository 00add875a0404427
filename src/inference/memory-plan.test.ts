import { describe, expect, it } from 'vitest';
import { planMemory } from './memory-plan.ts';

const user = (id: string, bytes: number, lastUsedMs: number, busy = false) => ({ id, bytes, lastUsedMs, busy });

describe('a memory plan', () => {
  it('evicts nobody while there is room', () => {
    expect(planMemory(10, 30, [user('a', 20, 0)])).toEqual({ fits: true, evict: [] });
  });

  it('evicts idle models, least recently used first, and no more than it takes', () => {
    const users = [user('new', 10, 9), user('old', 10, 1), user('older', 10, 0)];
    expect(planMemory(10, 30, users)).toEqual({ fits: true, evict: ['older'] });
    expect(planMemory(15, 30, users)).toEqual({ fits: true, evict: ['older', 'old'] });
  });

  it('never evicts a busy model, and says what could be had', () => {
    expect(planMemory(25, 30, [user('busy', 10, 0, true), user('idle', 10, 1)])).toEqual({
      fits: false,
      availableBytes: 20,
    });
  });
});
