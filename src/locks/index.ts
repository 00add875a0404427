export { acquireFileLock, type FileLock, type LockOutcome } from './file-lock.ts';
export { bindFlock, type TryLock } from './flock.ts';
