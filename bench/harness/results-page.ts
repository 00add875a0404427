// docs/benchmarks.md: what stands between its markers is written here and nowhere else.
import { readFileSync, writeFileSync } from 'node:fs';
import { machineFacts } from './machine-facts.ts';
import { paths } from './paths.ts';
import type { Question, Row } from './question.ts';
import { markdownTable } from './table.ts';

const beginMarker = '<!-- bench:begin -->';
const endMarker = '<!-- bench:end -->';

export interface Answered {
  readonly question: Question;
  readonly rows: readonly Row[];
}

const section = ({ question, rows }: Answered): string =>
  `### ${question.name}\n\n${question.explanation}\n\n${markdownTable(rows)}\n`;

/** Replaces everything between the markers. @throws Error when the page has lost them */
export function writeResults(answers: readonly Answered[]): void {
  const page = readFileSync(paths.results, 'utf8');
  const begin = page.indexOf(beginMarker);
  const end = page.indexOf(endMarker);
  if (begin < 0 || end < begin) throw new Error(`${paths.results} lacks its markers`);
  const facts = machineFacts().map(([name, value]) => `- ${name}: ${value}`);
  const body = [...facts, '', ...answers.map(section)].join('\n');
  writeFileSync(paths.results, `${page.slice(0, begin + beginMarker.length)}\n\n${body}\n${page.slice(end)}`);
}
