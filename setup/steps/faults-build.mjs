// The fault run and the soak run as JavaScript, with what it shares with the benchmarks.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runtime } from '../project.mjs';
import { filesBelow, hashInputs } from '../stamp.mjs';
import { compileTypeScript } from './typescript.mjs';

const project = 'setup/tsconfig.faults.json';

export const faultsBuild = {
  name: 'faults-build',
  title: 'fault run',
  megabytes: 5,
  hash: () =>
    hashInputs({
      files: [
        ...filesBelow('test/faults'),
        ...filesBelow('test/soak'),
        ...filesBelow('bench'),
        project,
        'tsconfig.json',
        'package-lock.json',
      ],
    }),
  isPresent: () =>
    existsSync(join(runtime, 'faults/test/faults/run.js')) && existsSync(join(runtime, 'faults/test/soak/run.js')),
  run: ({ env, signal }) => compileTypeScript({ project, env, signal }),
};
