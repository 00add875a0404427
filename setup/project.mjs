// Where things are: the folder of the project and the folders that set-up makes. Everything that set-up writes is
// below .runtime, dist or node_modules (and the ordinary caches of npm, pip and uv); of an installed package, which brings
// its own dist and node_modules, below a data folder of the user instead.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Whether this is the project with its sources, not the package installed by npm. */
export const isClone = existsSync(join(root, 'src'));
export const runtime = isClone
  ? join(root, '.runtime')
  : (await import('../dist/config/package-root.js')).runtimeFolder();
export const stamps = join(runtime, 'stamps');
/** Unfinished work; emptied at the start of every set-up. */
export const unfinished = join(runtime, 'unfinished');
export const models = join(runtime, 'models');
export const commandLine = join(root, 'dist/cli/main.js');

/** The interpreter of one of the project's Python environments: `text`, `vision`, `dev`. */
export const pythonOf = (environment) => join(runtime, 'python', environment, 'bin/python');
