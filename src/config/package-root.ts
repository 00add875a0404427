// Where this package lies: its Python workers, its built programs, its run-time folder.
import { fileURLToPath } from 'node:url';

/** Absolute path of the package; the same from src/ and from dist/. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

/** Absolute path of something inside the package. */
export const packagePath = (relative: string): string => `${packageRoot}${relative}`;
