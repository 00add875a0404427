// What the runs from the command line (faults, soak, fuzz) share: words from and to a terminal, the table of their figures
// in docs/reliability.md, their exit code.
import { join } from 'node:path';
import { machineFacts, today } from '../../../bench/harness/machine-facts.ts';
import { writeBetweenMarkers } from '../../../bench/harness/marked-page.ts';
import { paths } from '../../../bench/harness/paths.ts';
import { type Figure, markdownTable, terminalLine } from '../figures.ts';

/** Flags that make no sense: one line for whoever wrote them, and exit code 2. */
export class WrongUsage extends Error {}

export const page = join(paths.root, 'docs/reliability.md');

export const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** What `parse` gives. @throws WrongUsage with what it complains of */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new WrongUsage((error as Error).message);
  }
}

/** @throws WrongUsage */
export function wholeNumber(name: string, text: string | undefined, fallback: number): number {
  const value = Number(text ?? fallback);
  if (!Number.isSafeInteger(value) || value < 1) throw new WrongUsage(`--${name} takes a whole number from 1`);
  return value;
}

/** Says all figures; the exit code: 1 when one was missed. */
export function verdictOf(figures: readonly Figure[]): number {
  const missed = figures.filter(({ pass }) => !pass);
  say(`\n${figures.map(terminalLine).join('\n')}\n\n${figures.length} figures, ${missed.length} missed`);
  return missed.length === 0 ? 0 : 1;
}

export interface TableToWrite {
  /** Name of the markers that it stands between. */
  readonly name: string;
  readonly figures: readonly Figure[];
  /** Lines about this run, behind those about the machine. */
  readonly facts?: readonly string[];
  /** The table that stands there, whose rows of other goals are kept. */
  readonly kept?: string;
}

export function writeTable({ name, figures, facts = [], kept = '' }: TableToWrite): void {
  const machine = [['Date', today()] as const, ...machineFacts()].map(([fact, value]) => `- ${fact}: ${value}`);
  writeBetweenMarkers(page, name, [...machine, ...facts, '', markdownTable(figures, kept), ''].join('\n'));
}

/** Runs `main` to its exit code. */
export async function runToExitCode(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof WrongUsage)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
