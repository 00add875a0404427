// `npm run check`: the fast part only; needs the node packages and nothing else.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { setUp } = await import('./set-up.mjs');
const { checking } = await import('./step-lists.mjs');
const { quickStages } = await import('./test-stages.mjs');
const { runStages } = await import('./run-stages.mjs');
await setUp(checking);
await runStages(quickStages());
