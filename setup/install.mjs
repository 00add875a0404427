// What install.sh hands over to: installs, or takes everything away again. Only here the exit code is set.
import { requirePlatform } from './node-version.mjs';

requirePlatform();
const { parseFlags, usage } = await import('./install/flags.mjs');
const flags = parseFlags(process.argv.slice(2));
if (flags.problem !== undefined) {
  process.stderr.write(`${flags.problem}\n\n${usage}`);
  process.exitCode = 2;
} else if (flags.help) {
  process.stdout.write(usage);
} else if (flags.uninstall) {
  const { uninstall } = await import('./install/uninstall.mjs');
  process.exitCode = await uninstall(flags);
} else {
  const { install } = await import('./install/install.mjs');
  process.exitCode = await install(flags);
}
