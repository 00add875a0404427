// `npm test`: all set-up with the tools for Python tests, then every check and test, real engines included.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { setUp } = await import('./set-up.mjs');
const { testing } = await import('./step-lists.mjs');
const { everyStage } = await import('./test-stages.mjs');
const { runStages } = await import('./run-stages.mjs');
await setUp(testing);
await runStages(everyStage());
