// docs/benchmarks.md: what stands between its markers is written here and nowhere else. A section for each question, which stays
// until that question is asked again.
import { machineFacts, today } from './machine-facts.ts';
import { readBetweenMarkers, writeBetweenMarkers } from './marked-page.ts';
import { paths } from './paths.ts';
import type { Question, Row } from './question.ts';
import { markdownTable } from './table.ts';

export interface Answered {
  readonly question: Question;
  readonly rows: readonly Row[];
}

const section = ({ question, rows }: Answered): string =>
  `### ${question.name}\n\n${question.explanation} Measured ${today()}.\n\n${markdownTable(rows)}\n`;

const facts = (): string =>
  machineFacts()
    .map(([name, value]) => `- ${name}: ${value}`)
    .join('\n');

/** Whether the page has figures of another machine or of other engines, which are not to be mixed. */
export function isOfOtherMachine(): boolean {
  const [written] = sectionsOf(readBetweenMarkers(paths.results, 'bench'));
  return written !== undefined && written.trim() !== facts();
}

/** `all`: every question there is, in the order of the page. */
export function writeResults(answers: readonly Answered[], all: readonly Question[]): void {
  const [, ...written] = sectionsOf(readBetweenMarkers(paths.results, 'bench'));
  const texts = all.flatMap(({ name }) => {
    const answered = answers.find(({ question }) => question.name === name);
    const before = written.find((text) => text.startsWith(`### ${name}\n`));
    return answered === undefined ? (before ?? []) : section(answered);
  });
  writeBetweenMarkers(
    paths.results,
    'bench',
    [`${facts()}\n`, ...texts.map((text) => `${text.trimEnd()}\n`)].join('\n'),
  );
}

/** The facts first, then a text for each question. */
const sectionsOf = (body: string): readonly string[] => body.split(/^(?=### )/m);
