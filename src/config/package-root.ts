// Where this package lies, and where set-up puts what it makes: in a clone below the clone, else in the user's data folder,
// since an installed package may be read-only and is replaced as a whole.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMachine } from './machine.ts';

/** Absolute path of the package; the same from src/ and from dist/. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

const inRuntime = '.runtime/';

/** Absolute path of something of the package. What is named below `.runtime/` is what set-up made. */
export const packagePath = (relative: string): string =>
  relative.startsWith(inRuntime)
    ? join(runtimeFolder(), relative.slice(inRuntime.length))
    : `${packageRoot}${relative}`;

/** The folder that set-up fills: Python environments, starter models. `root` ends with a slash; a clone has sources. */
export function runtimeFolder(
  root: string = packageRoot,
  dataHome: string | undefined = process.env.XDG_DATA_HOME,
): string {
  if (existsSync(`${root}src`)) return `${root}.runtime`;
  const usual = join(readMachine().homeDir, '.local', 'share');
  return join(dataHome || usual, 'mlx-inference-server');
}
