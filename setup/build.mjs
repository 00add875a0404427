// `npm run build`: dist from src, the way npm start makes it.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { setUp } = await import('./set-up.mjs');
const { building } = await import('./step-lists.mjs');
await setUp(building);
