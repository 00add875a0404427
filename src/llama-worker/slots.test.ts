import { describe, expect, it } from 'vitest';
import { createSlots, placePrompt, type Slot, sharedPrefix } from './slots.ts';

const tokens = (...ids: number[]): Uint32Array => Uint32Array.from(ids);

/** Slots holding these tokens, used in this order. */
const holding = (...kept: Uint32Array[]): Slot[] =>
  createSlots(kept.length).map((slot, index) => ({ ...slot, kept: kept[index] as Uint32Array, lastUse: index }));

/** A copy takes as long as the prefill of one token, or of `copyTokens`. */
const place = (
  slots: Slot[],
  prompt: Uint32Array,
  options: { reuse?: boolean; copyTokens?: number; usable?: number; leastTokens?: number } = {},
) =>
  placePrompt(slots, {
    tokens: prompt,
    usable: options.usable ?? slots.length,
    leastTokens: options.leastTokens ?? 1,
    reuse: options.reuse ?? true,
    copyPays: (count) => count > (options.copyTokens ?? 1),
  });

describe('sharedPrefix', () => {
  it('counts the leading tokens that agree', () => {
    expect(sharedPrefix(tokens(1, 2, 3), tokens(1, 2, 4, 5))).toBe(2);
    expect(sharedPrefix(tokens(), tokens(1))).toBe(0);
  });
});

describe('placePrompt', () => {
  it('continues a conversation in the slot that holds it', () => {
    const slots = holding(tokens(), tokens(1, 2, 3, 4), tokens(9, 9));
    const placed = place(slots, tokens(1, 2, 3, 4, 5, 6));
    expect(placed).toMatchObject({ shared: 4, copyFrom: null });
    expect(placed?.slot.id).toBe(1);
  });

  it('leaves at least one token to evaluate', () => {
    expect(place(holding(tokens(1, 2, 3)), tokens(1, 2, 3))?.shared).toBe(2);
  });

  it('copies a shared beginning rather than throw another conversation away', () => {
    const slots = holding(tokens(), tokens(1, 2, 3, 4, 5, 6, 7, 8));
    const placed = place(slots, tokens(1, 2, 30, 40));
    expect(placed).toMatchObject({ shared: 2 });
    expect(placed?.slot.id).toBe(0);
    expect(placed?.copyFrom?.id).toBe(1);
  });

  it('copies from a running sequence', () => {
    const [free, busy] = holding(tokens(), tokens(1, 2, 3, 4)) as [Slot, Slot];
    busy.busy = true;
    const placed = place([free, busy], tokens(1, 2, 3, 9));
    expect(placed?.slot).toBe(free);
    expect(placed?.copyFrom).toBe(busy);
    expect(placed?.shared).toBe(3);
  });

  it('keeps less of a copy where the rest of the prompt would be too short to be fast', () => {
    const slots = holding(tokens(), tokens(1, 2, 3, 4, 5, 6, 7, 8));
    expect(place(slots, tokens(1, 2, 3, 4, 5, 6, 30, 40), { leastTokens: 4 })?.shared).toBe(4);
    expect(place(slots, tokens(1, 2, 3, 4, 5, 6, 7, 40), { leastTokens: 4 })?.shared).toBe(7);
    expect(place(slots, tokens(1, 2, 3, 40, 50, 60, 70), { leastTokens: 4 })?.shared).toBe(3);
  });

  it('takes half a prompt in place when a copy does not pay, but not a few tokens', () => {
    const slots = holding(tokens(), tokens(1, 2, 3, 4, 5, 6, 7, 8));
    const half = place(slots, tokens(1, 2, 30, 40), { copyTokens: 4 });
    expect(half).toMatchObject({ shared: 2, copyFrom: null });
    expect(half?.slot.id).toBe(1);
    const few = place(slots, tokens(1, 20, 30, 40), { copyTokens: 4 });
    expect(few).toMatchObject({ shared: 0, copyFrom: null });
    expect(few?.slot.id).toBe(0);
  });

  it('keeps both of two conversations that share most of what they hold', () => {
    const shared = Array.from({ length: 100 }, (_, index) => index);
    const slots = holding(tokens(), tokens(...shared, 200, 201, 202));
    const placed = place(slots, tokens(...shared, 300, 301));
    expect(placed?.slot.id).toBe(0);
    expect(placed?.copyFrom?.id).toBe(1);
  });

  it('takes the slot least recently used when nothing is shared', () => {
    const slots = holding(tokens(1), tokens(2), tokens(3));
    (slots[0] as Slot).lastUse = 7;
    expect(place(slots, tokens(9, 9))?.slot.id).toBe(1);
  });

  it('reuses nothing when the prefix cache is off', () => {
    expect(place(holding(tokens(1, 2, 3)), tokens(1, 2, 3, 4), { reuse: false })?.shared).toBe(0);
  });

  it('leaves the slots for paused sequences alone, but copies from them', () => {
    const slots = holding(tokens(), tokens(1, 2, 3, 4));
    (slots[0] as Slot).lastUse = 9;
    const placed = place(slots, tokens(1, 2, 3, 9), { usable: 1 });
    expect(placed?.slot.id).toBe(0);
    expect(placed?.copyFrom?.id).toBe(1);
  });

  it('has no place while every slot is busy', () => {
    const slots = holding(tokens());
    (slots[0] as Slot).busy = true;
    expect(place(slots, tokens(1))).toBeNull();
  });
});
