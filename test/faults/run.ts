// `npm run test:faults -- [GOAL…] [--kills N] [--seed S] [--from K] [--short] [--write]`: the goals named, or all, and the
// random fault run (`random`); then one table of all figures. Ends with 1 when one was missed. `--write` puts the rows of
// these goals into docs/reliability.md, and leaves those of others there as they are.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Experiment, experiments } from './experiments.ts';
import { type Figure, terminalLine } from './figures.ts';
import {
  page,
  parsed,
  runToExitCode,
  say,
  verdictOf,
  WrongUsage,
  wholeNumber,
  writeTable,
} from './harness/measured-run.ts';
import { defaultSeed, randomRun, shortRandomRun } from './random/random-run.ts';

interface Options {
  readonly names: readonly string[];
  readonly kills: number;
  readonly seed: number;
  readonly from: number;
  readonly short: boolean;
  readonly write: boolean;
}

function readOptions(): Options {
  const number = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { kills: number, seed: number, from: number, short: flag, write: flag };
  const { values, positionals } = parsed(() => parseArgs({ options, allowPositionals: true }));
  const numbers = {
    kills: wholeNumber('kills', values.kills, 300),
    seed: wholeNumber('seed', values.seed, defaultSeed),
    from: wholeNumber('from', values.from, 1),
  };
  if (values.write && (values.short || numbers.kills < 300)) throw new WrongUsage('--write needs a run at length');
  return { names: positionals, short: values.short, write: values.write, ...numbers };
}

function chosen({ names, ...options }: Options): readonly Experiment[] {
  const run = () => randomRun({ ...options, clients: 8, questions: { mlx: 4, llama: 8 }, say });
  const all = [...experiments, { name: 'random', long: run, short: () => shortRandomRun(say) }];
  const unknown = names.find((name) => all.every((experiment) => experiment.name !== name));
  if (unknown !== undefined) {
    throw new WrongUsage(`no goal is called ${unknown}; there are ${all.map(({ name }) => name).join(', ')}`);
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

async function main(): Promise<number> {
  const options = readOptions();
  const figures: Figure[] = [];
  for (const { name, short, long } of chosen(options)) {
    say(`\n${name}`);
    const beganMs = performance.now();
    const before = figures.length;
    for await (const figure of options.short ? short() : long()) {
      figures.push(figure);
      say(terminalLine(figure));
    }
    if (options.write) writePage(figures.slice(before));
    say(`  ${((performance.now() - beganMs) / 1000).toFixed(0)} s`);
  }
  return verdictOf(figures);
}

function writePage(figures: readonly Figure[]): void {
  const text = readFileSync(page, 'utf8'); // Other runs have tables of their own on the same page.
  const kept = text.slice(text.indexOf('<!-- faults:begin -->'), text.indexOf('<!-- faults:end -->'));
  writeTable({ name: 'faults', figures, kept });
}

await runToExitCode(main);
