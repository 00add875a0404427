export { acquireFileLock, type FileLock } from './file-lock.ts';
export { bindFlock, type TryLock } from './flock.ts';
