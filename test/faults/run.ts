// `npm run test:faults -- [GOAL…] [--kills N] [--seed S] [--from K] [--short] [--write]`: the goals named, or all, and the
// random fault run (`random`); then one table of all figures. Ends with 1 when one was missed. `--write` puts the rows of
// these goals into docs/reliability.md, and leaves those of others there as they are.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machineFacts } from '../../bench/harness/machine-facts.ts';
import { writeBetweenMarkers } from '../../bench/harness/marked-page.ts';
import { paths } from '../../bench/harness/paths.ts';
import { type Experiment, experiments } from './experiments.ts';
import { type Figure, markdownTable, terminalLine } from './figures.ts';
import { defaultSeed, randomRun, shortRandomRun } from './random/random-run.ts';

class WrongUsage extends Error {}

interface Options {
  readonly names: readonly string[];
  readonly kills: number;
  readonly seed: number;
  readonly from: number;
  readonly short: boolean;
  readonly write: boolean;
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function readOptions(): Options {
  const number = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { kills: number, seed: number, from: number, short: flag, write: flag };
  const { values, positionals } = parsed(() => parseArgs({ options, allowPositionals: true }));
  const whole = (name: 'kills' | 'seed' | 'from', fallback: number): number => {
    const value = Number(values[name] ?? fallback);
    if (!Number.isSafeInteger(value) || value < 1) throw new WrongUsage(`--${name} takes a whole number from 1`);
    return value;
  };
  const numbers = {
    kills: whole('kills', 300),
    seed: whole('seed', defaultSeed),
    from: whole('from', 1),
  };
  if (values.write && (values.short || numbers.kills < 300)) throw new WrongUsage('--write needs a run at length');
  return { names: positionals, short: values.short, write: values.write, ...numbers };
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new WrongUsage((error as Error).message);
  }
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
  const missed = figures.filter(({ pass }) => !pass);
  say(`\n${figures.map(terminalLine).join('\n')}\n\n${figures.length} figures, ${missed.length} missed`);
  return missed.length === 0 ? 0 : 1;
}

function writePage(figures: readonly Figure[]): void {
  const page = join(paths.root, 'docs/reliability.md');
  const facts = machineFacts().map(([name, value]) => `- ${name}: ${value}`);
  const text = readFileSync(page, 'utf8'); // Other runs have tables of their own on the same page.
  const own = text.slice(text.indexOf('<!-- faults:begin -->'), text.indexOf('<!-- faults:end -->'));
  writeBetweenMarkers(page, 'faults', [...facts, '', markdownTable(figures, own), ''].join('\n'));
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof WrongUsage)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
