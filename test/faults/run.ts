// `npm run test:faults -- [R1 R3 … random] [--short]`: measures the goals named, or all.
import { experiments } from './experiments.ts';
import { terminalLine } from './figures.ts';

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
for (const experiment of experiments) {
  if (names.length > 0 && !names.includes(experiment.name)) continue;
  const began = performance.now();
  for await (const figure of args.includes('--short') ? experiment.short() : experiment.long()) {
    console.log(terminalLine(figure));
  }
  console.log(`${experiment.name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
