// All set-up for serving, then a TypeScript program compiled below .runtime, run in this same process.
import { join } from 'node:path';
import { runtime } from './project.mjs';
import { setUp } from './set-up.mjs';
import { serving } from './step-lists.mjs';

/**
 * @param {{ build: object, program: string, steps?: readonly object[] }} options the step that compiles, its result below
 *   .runtime, and what else is set up; all that serving needs unless told
 */
export async function runCompiled({ build, program, steps = serving }) {
  await setUp([...steps, build]);
  const path = join(runtime, program);
  process.argv[1] = path;
  await import(path);
}
