// Which process a pid is just now, asked of the system. Signals nothing, remembers nothing.
import { readLinuxProcess } from './linux-process.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { readProcessFromPs } from './ps-process.ts';

/** Undefined when no such process lives; a zombie does not. @throws when the system does not say. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  return process.platform === 'linux' ? readLinuxProcess(pid) : await readProcessFromPs(pid);
}
