// `npm run fuzz [-- FLAGS]`: all set-up, with the tools for Python tests, then test/fuzz/run.ts, compiled with what it
// imports to .runtime/fuzz, in this same process.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { runCompiled } = await import('./run-compiled.mjs');
const { fuzzBuild } = await import('./steps/fuzz-build.mjs');
const { testing } = await import('./step-lists.mjs');
await runCompiled({ build: fuzzBuild, program: 'fuzz/test/fuzz/run.js', steps: testing });
