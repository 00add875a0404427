// Rows for people: columns aligned, and no wider than the terminal. Nothing more.

export interface TableOptions {
  /** Longest line. */
  readonly maxWidth?: number | undefined;
  /** Titles of columns that are aligned on the right: numbers. */
  readonly right?: readonly string[];
  /** Titles of columns that are left out, in this order, before a cell is cut. */
  readonly spare?: readonly string[];
}

const gap = '  ';
/** To which a column is cut at the most. */
const leastWidth = 12;

export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { maxWidth = Number.POSITIVE_INFINITY, right = [], spare = [] }: TableOptions = {},
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const total = widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
  const [first] = spare;
  if (total > maxWidth && first !== undefined) {
    const without = (row: readonly string[]) => row.filter((_, column) => header[column] !== first);
    return formatTable(without(header), rows.map(without), { maxWidth, right, spare: spare.slice(1) });
  }
  cutWidths(widths, total - maxWidth);
  const cellText = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    const shown = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
    return right.includes(header[column]!) ? shown.padStart(width) : shown.padEnd(width);
  };
  return [header, ...rows].map((row) => row.map(cellText).join(gap).trimEnd()).join('\n');
}

/** Takes `excess` from the last column, then from the first. */
function cutWidths(widths: number[], excess: number): void {
  let left = Math.max(0, excess);
  for (const column of [widths.length - 1, 0]) {
    const cut = Math.min(left, Math.max(0, widths[column]! - leastWidth));
    widths[column]! -= cut;
    left -= cut;
  }
}

/** 105123456 → `100.3 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** 134515008 → `134.5M`. */
export function formatCount(count: number): string {
  const power = count < 1 ? 0 : Math.min(4, Math.floor(Math.log10(count) / 3));
  return `${(count / 1000 ** power).toFixed(power === 0 ? 0 : 1)}${['', 'K', 'M', 'B', 'T'][power]}`;
}

export function formatDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
}
