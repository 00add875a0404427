// The ways this process ends. A native call in progress keeps process.exit waiting (seconds in a long decode, all of a
// load), because Node joins its thread pool first; so none of them goes through it.
import { createRequire } from 'node:module';

/** The server is gone: nobody reads a status, nothing needs to be written. */
export const endAtOnce = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

/** Ends with a status, without exit handlers: libc's _exit. Whatever must be written has been written. */
export function endWithStatus(status: number): void {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    koffi.load(null).func('void _exit(int)')(status);
  } catch {
    // No _exit here: exit as soon as native calls allow.
    process.exit(status);
  }
}
