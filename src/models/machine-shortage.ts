// Failed reads that say nothing of the file: the machine was short of something, and a model is not gone for that.
import { ServerError } from '../core/index.ts';

const shortages: Readonly<Record<string, string>> = {
  EMFILE: 'the server has too many files open',
  ENFILE: 'this machine has too many files open',
  ENOMEM: 'this machine has no memory left',
  ERR_WORKER_INIT_FAILED: 'this machine cannot start a thread',
};

/** What is wrong with the machine, or undefined when the failure is the file's own. */
export function shortageOf(error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? undefined : shortages[code];
}

/** For `.catch`: a file that cannot be read is as good as absent, but for a shortage, which is thrown on. */
export const absentAs =
  <T>(absent: T) =>
  (error: unknown): T => {
    if (shortageOf(error) !== undefined) throw error;
    return absent;
  };

/** A shortage as a client may see it; any other failure as it is. */
export function asServerError(error: unknown): unknown {
  const shortage = shortageOf(error);
  if (shortage === undefined) return error;
  return new ServerError('worker_start_failed', `No model can be looked up just now: ${shortage}.`, { cause: error });
}
