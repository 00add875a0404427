// `npm run bench [-- FLAGS]`: all set-up, then bench/run.ts, compiled with what it imports from src to
// .runtime/bench, in this same process.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { join } = await import('node:path');
const { setUp } = await import('./set-up.mjs');
const { serving } = await import('./step-lists.mjs');
const { benchBuild } = await import('./steps/bench-build.mjs');
const { runtime } = await import('./project.mjs');
await setUp([...serving, benchBuild]);
const program = join(runtime, 'bench/bench/run.js');
process.argv[1] = program;
await import(program);
