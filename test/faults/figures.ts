// What was measured against what is promised: rows of one table, on the terminal and in docs/reliability.md.

export interface Figure {
  /** The goal's name, R1 to R17. */
  readonly goal: string;
  readonly what: string;
  readonly measured: string;
  readonly target: string;
  /** A count must hold on every machine; a time is told, and judged by the long run alone. */
  readonly judged: 'count' | 'time';
  readonly pass: boolean;
}

export type Figures = AsyncGenerator<Figure, void, undefined>;

/** `good` of `all` must be at least `least`, all of them unless told. */
export const counted = (goal: string, what: string, good: number, all: number, least = all): Figure => ({
  goal,
  what,
  measured: `${good} of ${all}`,
  target: least === all ? 'all' : `≥ ${least}`,
  judged: 'count',
  pass: good >= least && all > 0,
});

export const none = (goal: string, what: string, found: number): Figure => ({
  goal,
  what,
  measured: String(found),
  target: '0',
  judged: 'count',
  pass: found === 0,
});

const shown = (ms: number): string => (ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`);

/** The longest of `times` must be within `limitMs`. */
export const within = (goal: string, what: string, times: readonly number[], limitMs: number): Figure => ({
  goal,
  what,
  measured: times.length === 1 ? shown(times[0]!) : `${shown(median(times))}, longest ${shown(Math.max(...times))}`,
  target: `≤ ${shown(limitMs)}`,
  judged: 'time',
  pass: times.length > 0 && Math.max(...times) <= limitMs,
});

export const noted = (goal: string, what: string, measured: string): Figure => ({
  goal,
  what,
  measured,
  target: '',
  judged: 'time',
  pass: true,
});

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

const verdict = ({ target, pass }: Figure): string => (target === '' ? '' : pass ? 'pass' : 'miss');

export const terminalLine = (figure: Figure): string =>
  `  ${figure.goal.padEnd(4)} ${figure.what.padEnd(78)} ${figure.measured.padEnd(30)} ${figure.target.padEnd(10)} ${verdict(figure)}`;

const tableHead = ['| goal | what | measured | target |  |', '| --- | --- | --- | --- | --- |'];

const markdownLine = (figure: Figure): string =>
  `| ${[figure.goal, figure.what, figure.measured, figure.target, verdict(figure)].join(' | ')} |`;

const goalOf = (line: string): string => line.split('|')[1]!.trim();

/** R2 before R10, and what has no number last. */
const rank = (line: string): number => Number(/^R(\d+)$/.exec(goalOf(line))?.[1] ?? Infinity);

/** The table with these figures, and with the rows that `page` has of other goals. */
export function markdownTable(figures: readonly Figure[], page: string): string {
  const measured = new Set(figures.map(({ goal }) => goal));
  const rows = page.split('\n').filter((line) => /^\| (R\d+|random) \|/.test(line));
  const kept = rows.filter((line) => !measured.has(goalOf(line)));
  const lines = [...kept, ...figures.map(markdownLine)].sort((one, other) => rank(one) - rank(other) || 0);
  return [...tableHead, ...lines].join('\n');
}
