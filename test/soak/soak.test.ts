// The short form of `npm run soak`: three minutes, judged by the same tolerances.
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { paths } from '../../bench/harness/paths.ts';
import { type Figure, terminalLine } from '../faults/figures.ts';
import { soak } from './soak.ts';

it.skipIf(!existsSync(paths.commandLine))(
  'three minutes of mixed load, kills and unloads leave the server as it was, and every answer right',
  async () => {
    const said: string[] = [];
    const figures: Figure[] = [];
    for await (const figure of soak({ minutes: 2.5, seed: 132, say: (text) => said.push(text) })) figures.push(figure);
    console.log([...said, ...figures.map(terminalLine)].join('\n'));
    expect(figures.filter(({ pass }) => !pass)).toEqual([]);
  },
  600_000,
);
