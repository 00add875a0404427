// The KV cells of the context's sequences: copies, trims and clears them to match what a prompt can reuse.
// Called between decodes only.
import type { NativeContext } from './native.ts';
import type { Placement } from './slots.ts';

export interface CellsOptions {
  readonly context: NativeContext;
  /** Width of sliding-window attention; null without. */
  readonly slidingWindow: number | null;
}

export const clearCells = (context: NativeContext, slotId: number): void => {
  context.removeTokenCellsFromSequence(slotId, -1, -1);
};

/**
 * Leaves exactly the shared tokens' cells in the slot, or none where the model's memory cannot be cut there
 * (recurrent states; windows that have moved on).
 *
 * @returns how many tokens' cells there are
 */
export async function prepareCells({ context, slidingWindow }: CellsOptions, placement: Placement): Promise<number> {
  const { slot, shared, copyFrom } = placement;
  if (shared > 0) {
    if (copyFrom !== null) await context.copySequenceStateFromOtherSequence(slot.id, copyFrom.id);
    const present = (copyFrom ?? slot).kept.length;
    if (present === shared) return shared;
    if (context.removeTokenCellsFromSequence(slot.id, shared, -1)) {
      const needed = slidingWindow === null ? 0 : Math.max(0, shared - slidingWindow);
      if (context.getSequenceKvCacheMinPosition(slot.id) <= needed) return shared;
    }
  }
  clearCells(context, slot.id);
  return 0;
}
