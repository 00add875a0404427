// `npm run soak [-- FLAGS]`: all set-up, then test/soak/run.ts, compiled with what it imports to .runtime/faults, in this
// same process.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { runCompiled } = await import('./run-compiled.mjs');
const { faultsBuild } = await import('./steps/faults-build.mjs');
await runCompiled({ build: faultsBuild, program: 'faults/test/soak/run.js' });
