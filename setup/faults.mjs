// `npm run test:faults [-- FLAGS]`: all set-up, then test/faults/run.ts, compiled with what it imports to .runtime/faults,
// in this same process.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { join } = await import('node:path');
const { setUp } = await import('./set-up.mjs');
const { serving } = await import('./step-lists.mjs');
const { faultsBuild } = await import('./steps/faults-build.mjs');
const { runtime } = await import('./project.mjs');
await setUp([...serving, faultsBuild]);
const program = join(runtime, 'faults/test/faults/run.js');
process.argv[1] = program;
await import(program);
