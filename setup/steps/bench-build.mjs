// The benchmarks as JavaScript. They import the server's sources, so those are compiled along.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runtime } from '../project.mjs';
import { filesBelow, hashInputs } from '../stamp.mjs';
import { compileTypeScript } from './typescript.mjs';

const project = 'setup/tsconfig.bench.json';

export const benchBuild = {
  name: 'bench-build',
  title: 'benchmarks',
  megabytes: 20,
  hash: () =>
    hashInputs({
      files: [...filesBelow('bench'), ...filesBelow('src'), project, 'tsconfig.json', 'package-lock.json'],
    }),
  isPresent: () => existsSync(join(runtime, 'bench/bench/run.js')),
  run: ({ env, signal }) => compileTypeScript({ project, env, signal }),
};
