// Which tokens go into the next decode: one of every running answer, and one chunk of the prompts that wait, first come
// first served. Pure.

export interface Plannable {
  readonly length: number;
  readonly evaluated: number;
}

/** Whether more than the last token has to be evaluated before the next can be sampled. */
export const isPrefilling = ({ length, evaluated }: Plannable): boolean => length - evaluated > 1;

export interface PlannedPart<S extends Plannable> {
  readonly sequence: S;
  readonly from: number;
  readonly count: number;
  /** Whether the part ends at the last token known, so that the next can be sampled. */
  readonly samples: boolean;
}

/**
 * @param running in order of arrival
 * @param chunkTokens prompt tokens in one decode at the most
 * @param tailTokens a whole chunk takes the rest of its prompt along where that is no longer than this
 */
export function planStep<S extends Plannable>(
  running: readonly S[],
  chunkTokens: number,
  tailTokens = 0,
): PlannedPart<S>[] {
  const parts: PlannedPart<S>[] = [];
  let budget = chunkTokens;
  for (const sequence of running) {
    const pending = sequence.length - sequence.evaluated;
    const room = budget === chunkTokens && pending <= budget + tailTokens ? pending : budget;
    const count = pending === 1 ? 1 : Math.min(pending, room);
    if (count === 0) continue;
    if (pending > 1) budget = Math.max(0, budget - count);
    parts.push({ sequence, from: sequence.evaluated, count, samples: count === pending });
  }
  return parts;
}
