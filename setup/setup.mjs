// `mlx-inference-server setup`: everything that serving needs, and nothing else.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { setUp } = await import('./set-up.mjs');
const { serving } = await import('./step-lists.mjs');
await setUp(serving);
process.stderr.write('set-up is complete\n');
