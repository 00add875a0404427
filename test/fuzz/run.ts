// `npm run fuzz -- [--requests 20000] [--seed S] [--write]`: mutated requests, raw bytes and Schemathesis at a real server,
// then one table. Ends with 1 when an answer was a violation. `--write` puts the rows into docs/reliability.md.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machineFacts } from '../../bench/harness/machine-facts.ts';
import { writeBetweenMarkers } from '../../bench/harness/marked-page.ts';
import { paths } from '../../bench/harness/paths.ts';
import { type Figure, markdownTable, noted, terminalLine } from '../faults/figures.ts';
import { fuzz, type Plan } from './campaign.ts';

class WrongUsage extends Error {}

const defaultRequests = 20_000;
const defaultSeed = 20_261_123;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** How `requests` are dealt over the kinds; Schemathesis makes some more or fewer than it is asked for. */
function planOf(requests: number, seed: number): Plan {
  const starter = Math.round(requests * 0.02);
  const raw = Math.round(requests * 0.25);
  return {
    seed,
    raw,
    starter,
    mutated: Math.round(requests * 0.69) - starter,
    schemathesis: { examples: Math.max(1, Math.round(requests * 0.003)), phases: ['coverage', 'fuzzing'] },
    say,
  };
}

function readOptions(): { readonly plan: Plan; readonly write: boolean } {
  const text = { type: 'string' } as const;
  const options = { requests: text, seed: text, write: { type: 'boolean', default: false } } as const;
  const values = (() => {
    try {
      return parseArgs({ options }).values;
    } catch (error) {
      throw new WrongUsage((error as Error).message);
    }
  })();
  const whole = (name: 'requests' | 'seed', fallback: number): number => {
    const value = Number(values[name] ?? fallback);
    if (!Number.isSafeInteger(value) || value < 1) throw new WrongUsage(`--${name} takes a whole number from 1`);
    return value;
  };
  const requests = whole('requests', defaultRequests);
  if (values.write && requests < defaultRequests) throw new WrongUsage('--write needs a run at length');
  return { plan: planOf(requests, whole('seed', defaultSeed)), write: values.write };
}

/** The requests of a figure: `12 of 12` of a row that counts them. */
const requestsOf = ({ goal, what, measured }: Figure): number =>
  goal === 'R24' && !what.includes('worker is') ? Number(/ of (\d+)$/.exec(measured)?.[1] ?? 0) : 0;

async function main(): Promise<number> {
  const { plan, write } = readOptions();
  const figures: Figure[] = [];
  for await (const figure of fuzz(plan)) {
    figures.push(figure);
    say(terminalLine(figure));
  }
  const total = figures.reduce((sum, figure) => sum + requestsOf(figure), 0);
  figures.push(noted('R24', 'requests and raw messages in all', `${total}, seed ${plan.seed}`));
  const missed = figures.filter(({ pass }) => !pass).length;
  say(`\n${figures.map(terminalLine).join('\n')}\n\n${figures.length} figures, ${missed} missed`);
  if (write) {
    const facts = machineFacts().map(([name, value]) => `- ${name}: ${value}`);
    const page = join(paths.root, 'docs/reliability.md');
    writeBetweenMarkers(page, 'fuzz', [...facts, '', markdownTable(figures, ''), ''].join('\n'));
  }
  return missed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof WrongUsage)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
