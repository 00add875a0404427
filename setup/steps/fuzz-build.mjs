// The fuzz run as JavaScript, with what it shares with the fault run and the benchmarks.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runtime } from '../project.mjs';
import { filesBelow, hashInputs } from '../stamp.mjs';
import { compileTypeScript } from './typescript.mjs';

const project = 'setup/tsconfig.fuzz.json';
const folders = ['test/fuzz', 'test/faults', 'bench'];

export const fuzzBuild = {
  name: 'fuzz-build',
  title: 'fuzz run',
  megabytes: 5,
  hash: () =>
    hashInputs({
      files: [...folders.flatMap((folder) => filesBelow(folder)), project, 'tsconfig.json', 'package-lock.json'],
    }),
  isPresent: () => existsSync(join(runtime, 'fuzz/test/fuzz/run.js')),
  run: ({ env, signal }) => compileTypeScript({ project, env, signal }),
};
