// Where things are: the folder of the project and the folders that set-up makes in it. Everything that
// set-up writes is below .runtime, dist or node_modules (and the ordinary caches of npm, pip and uv).
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const runtime = join(root, '.runtime');
export const stamps = join(runtime, 'stamps');
/** Unfinished work; emptied at the start of every set-up. */
export const unfinished = join(runtime, 'unfinished');
export const models = join(runtime, 'models');
export const commandLine = join(root, 'dist/cli/main.js');

/** The interpreter of one of the project's Python environments: `text`, `vision`, `dev`. */
export const pythonOf = (environment) => join(runtime, 'python', environment, 'bin/python');
