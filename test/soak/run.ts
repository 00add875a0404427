// `npm run soak -- [--minutes 30] [--seed S] [--write]`: R25, and a table of its figures. Ends with 1 when one was missed.
// `--write` puts the table into docs/reliability.md.
import { parseArgs } from 'node:util';
import type { Figure } from '../faults/figures.ts';
import {
  parsed,
  runToExitCode,
  say,
  verdictOf,
  WrongUsage,
  wholeNumber,
  writeTable,
} from '../faults/harness/measured-run.ts';
import { soak } from './soak.ts';

function readOptions() {
  const text = { type: 'string' } as const;
  const options = { minutes: text, seed: text, write: { type: 'boolean' } } as const;
  const { values } = parsed(() => parseArgs({ options }));
  const minutes = Number(values.minutes ?? 30);
  if (!(minutes >= 1 && minutes <= 10_080)) throw new WrongUsage('--minutes takes 1 to 10080');
  return { minutes, seed: wholeNumber('seed', values.seed, 20_261_123), write: values.write === true };
}

async function main(): Promise<number> {
  const { minutes, seed, write } = readOptions();
  say(`${minutes} minutes, seed ${seed}`);
  const figures: Figure[] = [];
  for await (const figure of soak({ minutes, seed, say })) figures.push(figure);
  const code = verdictOf(figures);
  if (write) writeTable({ name: 'soak', figures, facts: [`- Seed: ${seed}`] });
  return code;
}

await runToExitCode(main);
