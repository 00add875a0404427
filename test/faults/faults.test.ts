// The short form of `npm run test:faults`: every goal with few repetitions. Counts must hold; times are told in the table
// at the end, and judged by the long run alone.
import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { paths } from '../../bench/harness/paths.ts';
import { experiments } from './experiments.ts';
import { type Figure, terminalLine } from './figures.ts';
import { shortRandomRun } from './random/random-run.ts';

const all: Figure[] = [];
const said: string[] = [];
const random = { name: 'random', short: () => shortRandomRun((text) => said.push(text)) };

describe.skipIf(!existsSync(paths.commandLine))('the promises of docs/reliability.md', () => {
  it.each([...experiments, random].map(({ name, short }) => [name, short] as const))('%s holds', async (_, short) => {
    const figures: Figure[] = [];
    for await (const figure of short()) figures.push(figure);
    all.push(...figures);
    expect(said.filter((line) => line.includes('VIOLATION'))).toEqual([]);
    expect(figures.filter(({ judged, pass }) => judged === 'count' && !pass)).toEqual([]);
  });

  afterAll(() => {
    console.log([...said, ...all.map(terminalLine)].join('\n'));
  });
});
