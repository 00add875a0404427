// Where things lie: the package, its build, the models of the benchmarks, logs of the processes they start.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, from wherever this file was compiled to. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

const root = packageRoot();

export const paths = {
  root,
  commandLine: join(root, 'dist/cli/main.js'),
  decoder: join(root, 'dist/images/decoder/main.js'),
  python: join(root, '.runtime/python/text/bin/python'),
  pythonSources: join(root, 'python'),
  starterModels: join(root, '.runtime/models'),
  benchModels: join(root, '.runtime/models-bench'),
  scratch: join(root, '.runtime/bench-scratch'),
  results: join(root, 'docs/benchmarks.md'),
} as const;

/** A program of bench/harness, compiled beside this one. */
export const harnessProgram = (name: string): string =>
  join(dirname(fileURLToPath(import.meta.url)), `${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`);

/** For a profile of the server: BENCH_NODE_FLAGS="--cpu-prof --cpu-prof-dir=DIR". */
export const nodeFlags: readonly string[] = (process.env.BENCH_NODE_FLAGS ?? '').split(' ').filter(Boolean);
