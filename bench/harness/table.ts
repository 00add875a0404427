// Rows as text: one a line on the terminal, a table in the documentation.
import type { Row } from './question.ts';

const verdict = ({ target, pass }: Row): string => (target === '' ? '' : pass ? 'pass' : 'miss');
const ratioText = ({ ratio }: Row): string => (ratio === null ? '' : ratio.toFixed(2));

export function terminalLine(row: Row): string {
  const comparison = row.baseline === '' ? row.measured : `${row.measured} against ${row.baseline}`;
  const judged = [ratioText(row), row.target === '' ? '' : `(${row.target})`, verdict(row)].filter(
    (text) => text !== '',
  );
  return `  ${row.name.padEnd(64)} ${comparison.padEnd(36)} ${judged.join(' ')}`;
}

export const tableHead = ['measured', 'value', 'compared with', 'ratio', 'target', ''];

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

export const markdownTable = (rows: readonly Row[]): string =>
  [
    line(tableHead),
    line(tableHead.map(() => '---')),
    ...rows.map((row) => line([row.name, row.measured, row.baseline, ratioText(row), row.target, verdict(row)])),
  ].join('\n');
