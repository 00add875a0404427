// Whether a measure stays where it is: after a warm-up the medians of equal windows are compared. Pure.

export interface Tolerance {
  /** Of the first window's median. */
  readonly share: number;
  /** In the measure's own unit; the larger of the two counts. */
  readonly least: number;
}

export interface Flatness {
  /** Of each window, in order. */
  readonly medians: readonly number[];
  /** From the first window to the last; below zero where it shrank. */
  readonly growth: number;
  readonly allowed: number;
  readonly isFlat: boolean;
}

const windowCount = 4;
const warmUpShare = 0.3;

/** `values` are samples at equal distances. Too few of them for windows that mean something are never flat. */
export function flatness(values: readonly number[], { share, least }: Tolerance): Flatness {
  const warm = values.slice(Math.ceil(values.length * warmUpShare));
  const length = Math.floor(warm.length / windowCount);
  const windows = Array.from({ length: windowCount }, (_, index) => warm.slice(index * length, (index + 1) * length));
  const medians = length < 5 ? [] : windows.map(median);
  const growth = medians.length === 0 ? Number.NaN : medians.at(-1)! - medians[0]!;
  const allowed = medians.length === 0 ? Number.NaN : Math.max(least, medians[0]! * share);
  return { medians, growth, allowed, isFlat: growth <= allowed };
}

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;
