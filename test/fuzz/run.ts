// `npm run fuzz -- [--requests 20000] [--seed S] [--write]`: mutated requests, raw bytes and Schemathesis at a real server,
// then one table. Ends with 1 when an answer was a violation. `--write` puts the rows into docs/reliability.md.
import { parseArgs } from 'node:util';
import { type Figure, noted, terminalLine } from '../faults/figures.ts';
import {
  parsed,
  runToExitCode,
  say,
  verdictOf,
  WrongUsage,
  wholeNumber,
  writeTable,
} from '../faults/harness/measured-run.ts';
import { fuzz, type Plan } from './campaign.ts';

const defaultRequests = 20_000;
const defaultSeed = 20_261_123;

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
  const { values } = parsed(() => parseArgs({ options }));
  const requests = wholeNumber('requests', values.requests, defaultRequests);
  if (values.write && requests < defaultRequests) throw new WrongUsage('--write needs a run at length');
  return { plan: planOf(requests, wholeNumber('seed', values.seed, defaultSeed)), write: values.write };
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
  const code = verdictOf(figures);
  if (write) writeTable({ name: 'fuzz', figures });
  return code;
}

await runToExitCode(main);
