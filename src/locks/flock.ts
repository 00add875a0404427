// The one native call for locks: flock(2), never blocking. The lock goes with the open file, so also with its process.
import { constants } from 'node:os';

/** One try for the exclusive lock of an open file. @throws Error when locks do not work on it at all. */
export type TryLock = (fd: number) => 'locked' | 'busy';

// Equal on Linux and macOS.
const exclusive = 2;
const nonBlocking = 4;

/** Binds flock(2). @throws when this platform has no native binding. */
export async function bindFlock(): Promise<TryLock> {
  const { default: koffi } = await import('koffi');
  const flock = koffi.load(null).func('int flock(int fd, int operation)');
  return (fd) => {
    if (flock(fd, exclusive | nonBlocking) === 0) return 'locked';
    const code = koffi.errno();
    if (code === constants.errno.EWOULDBLOCK || code === constants.errno.EINTR) return 'busy';
    throw new Error(`flock failed with errno ${code}`);
  };
}
