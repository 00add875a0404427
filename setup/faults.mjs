// `npm run test:faults [-- FLAGS]`: all set-up, then test/faults/run.ts, compiled with what it imports to .runtime/faults,
// in this same process.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { runCompiled } = await import('./run-compiled.mjs');
const { faultsBuild } = await import('./steps/faults-build.mjs');
await runCompiled({ build: faultsBuild, program: 'faults/test/faults/run.js' });
