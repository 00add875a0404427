// `npm run soak -- [--minutes 30] [--seed S] [--write]`: R25, and a table of its figures. Ends with 1 when one was missed.
// `--write` puts the table into docs/reliability.md.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machineFacts } from '../../bench/harness/machine-facts.ts';
import { writeBetweenMarkers } from '../../bench/harness/marked-page.ts';
import { paths } from '../../bench/harness/paths.ts';
import { type Figure, markdownTable, terminalLine } from '../faults/figures.ts';
import { soak } from './soak.ts';

class WrongUsage extends Error {}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function readOptions() {
  const text = { type: 'string' } as const;
  let values: { minutes?: string; seed?: string; write?: boolean };
  try {
    ({ values } = parseArgs({ options: { minutes: text, seed: text, write: { type: 'boolean' } } }));
  } catch (error) {
    throw new WrongUsage((error as Error).message);
  }
  const [minutes, seed] = [Number(values.minutes ?? 30), Number(values.seed ?? 20_261_123)];
  if (!(minutes >= 1 && minutes <= 10_080)) throw new WrongUsage('--minutes takes 1 to 10080');
  if (!Number.isSafeInteger(seed) || seed < 1) throw new WrongUsage('--seed takes a whole number from 1');
  return { minutes, seed, write: values.write === true };
}

async function main(): Promise<number> {
  const { minutes, seed, write } = readOptions();
  say(`${minutes} minutes, seed ${seed}`);
  const figures: Figure[] = [];
  for await (const figure of soak({ minutes, seed, say })) figures.push(figure);
  const missed = figures.filter(({ pass }) => !pass);
  say(`\n${figures.map(terminalLine).join('\n')}\n\n${figures.length} figures, ${missed.length} missed`);
  if (write) {
    const facts = machineFacts().map(([name, value]) => `- ${name}: ${value}`);
    const body = [...facts, `- Seed: ${seed}`, '', markdownTable(figures, ''), ''].join('\n');
    writeBetweenMarkers(join(paths.root, 'docs/reliability.md'), 'soak', body);
  }
  return missed.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof WrongUsage)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
