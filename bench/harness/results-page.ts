// docs/benchmarks.md: what stands between its markers is written here and nowhere else.
import { machineFacts } from './machine-facts.ts';
import { writeBetweenMarkers } from './marked-page.ts';
import { paths } from './paths.ts';
import type { Question, Row } from './question.ts';
import { markdownTable } from './table.ts';

export interface Answered {
  readonly question: Question;
  readonly rows: readonly Row[];
}

const section = ({ question, rows }: Answered): string =>
  `### ${question.name}\n\n${question.explanation}\n\n${markdownTable(rows)}\n`;

export function writeResults(answers: readonly Answered[]): void {
  const facts = machineFacts().map(([name, value]) => `- ${name}: ${value}`);
  writeBetweenMarkers(paths.results, 'bench', [...facts, '', ...answers.map(section)].join('\n'));
}
