// What a question of the benchmarks is, and the rows it answers with.
import type { Client } from './client.ts';
import type { BenchModel } from './models.ts';

export interface Bench {
  readonly client: Client;
  /** Fewer rounds and tokens: shows that all works, not how fast. */
  readonly quick: boolean;
  /** Rounds of which medians are taken. */
  readonly rounds: number;
  /** Leaves the models out that nobody asked about. */
  readonly chosen: (models: readonly BenchModel[]) => readonly BenchModel[];
}

export interface Row {
  readonly name: string;
  readonly measured: string;
  /** What it is compared with in the same run; empty when the target is absolute. */
  readonly baseline: string;
  readonly target: string;
  readonly ratio: number | null;
  readonly pass: boolean;
}

export interface Question {
  readonly name: string;
  /** What exactly is measured, in a line or two. */
  readonly explanation: string;
  ask(bench: Bench): AsyncGenerator<Row, void, undefined>;
}

/** 3 significant digits, never an exponent. */
export const shown = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));

export interface Comparison {
  readonly name: string;
  readonly measured: number;
  readonly baseline: number;
  readonly unit: string;
}

export function atLeast(target: number, { name, measured, baseline, unit }: Comparison): Row {
  const ratio = measured / baseline;
  return {
    name,
    measured: `${shown(measured)} ${unit}`,
    baseline: `${shown(baseline)} ${unit}`,
    target: `≥ ${target.toFixed(2)}`,
    ratio,
    pass: ratio >= target,
  };
}

export function atMost(target: number, comparison: Comparison): Row {
  const row = atLeast(target, comparison);
  return { ...row, target: `≤ ${target.toFixed(2)}`, pass: row.ratio !== null && row.ratio <= target };
}

/** A row whose target is a plain number in the same unit, to be reached. */
export function reachesLimit(limit: number, { name, measured, unit }: Omit<Comparison, 'baseline'>): Row {
  return { ...withinLimit(limit, { name, measured, unit }), target: `≥ ${limit} ${unit}`, pass: measured >= limit };
}

/** A row whose target is a plain number in the same unit. */
export function withinLimit(limit: number, { name, measured, unit }: Omit<Comparison, 'baseline'>): Row {
  return {
    name,
    measured: `${shown(measured)} ${unit}`,
    baseline: '',
    target: `≤ ${limit} ${unit}`,
    ratio: null,
    pass: measured <= limit,
  };
}
