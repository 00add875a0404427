// `npm run bench [-- FLAGS]`: all set-up, then bench/run.ts, compiled with what it imports from src to
// .runtime/bench, in this same process.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { runCompiled } = await import('./run-compiled.mjs');
const { benchBuild } = await import('./steps/bench-build.mjs');
await runCompiled({ build: benchBuild, program: 'bench/bench/run.js' });
