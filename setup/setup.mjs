// `mlx-inference-server setup`: everything that serving needs, and nothing else.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const flags = process.argv.slice(process.argv[2] === 'setup' ? 3 : 2);
if (flags.length === 0) {
  const { setUp } = await import('./set-up.mjs');
  const { serving } = await import('./step-lists.mjs');
  await setUp(serving);
  process.stderr.write('set-up is complete\n');
} else if (flags.includes('--help') || flags.includes('-h')) {
  process.stdout.write(`Usage: mlx-inference-server setup

Installs what serving needs into the project's folder: Node packages, the build, the Python
environments and the starter models. Does only what is missing; can be interrupted and run again.
`);
} else {
  process.stderr.write(`setup takes no ${flags[0]}\n`);
  process.exitCode = 2;
}
