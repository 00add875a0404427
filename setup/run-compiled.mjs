// All set-up for serving, then a TypeScript program compiled below .runtime, run in this same process.
import { join } from 'node:path';
import { runtime } from './project.mjs';
import { setUp } from './set-up.mjs';
import { serving } from './step-lists.mjs';

/** @param {{ build: object, program: string }} options the step that compiles, and its result below .runtime */
export async function runCompiled({ build, program }) {
  await setUp([...serving, build]);
  const path = join(runtime, program);
  process.argv[1] = path;
  await import(path);
}
