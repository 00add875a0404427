// `npm start`: all set-up, then the server in this same process, so that its pid, signals and exit code are real.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { dropEchoedSignals } = await import('./echoed-signals.mjs');
const { followParent } = await import('./follow-parent.mjs');
const { setUp } = await import('./set-up.mjs');
const { serving } = await import('./step-lists.mjs');
const { commandLine } = await import('./project.mjs');
if (process.env.npm_lifecycle_event !== undefined) {
  dropEchoedSignals();
  followParent();
}
await setUp(serving);
const flags = process.argv.slice(2);
const asksForModel = flags.some((flag) => flag === '--model' || flag.startsWith('--model='));
const starter = asksForModel ? [] : ['--model', 'default'];
process.argv.splice(1, process.argv.length, commandLine, 'serve', ...starter, ...flags);
await import(commandLine);
