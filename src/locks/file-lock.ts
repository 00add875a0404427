// An OS lock on a file of its own, waited for in bounded time without blocking the event loop. Never outlives its holder.
import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TryLock } from './flock.ts';

export interface FileLock {
  readonly kind: 'held';
  /** False once the file was deleted or replaced: then another may hold "the" lock as well. */
  isCurrent(): boolean;
  release(): void;
}

export type LockOutcome =
  | FileLock
  /** Another holds it, and held it for as long as we were willing to wait. */
  | { readonly kind: 'busy' }
  /** No lock can be had here: read-only, not a regular file, no native binding. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Tries for the lock on `path` (made if absent, never followed through a link) for `waitMs`, at least once. */
export async function acquireFileLock(path: string, tryLock: TryLock, waitMs: number): Promise<LockOutcome> {
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    let outcome: LockOutcome;
    try {
      outcome = tryOnce(path, tryLock);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { kind: 'unavailable', reason: code ?? message };
    }
    // Several waiters with one rhythm would meet for ever, hence the random pause.
    const pauseMs = 1 + Math.random() * 8;
    if (outcome.kind !== 'busy' || performance.now() + pauseMs > deadlineMs) return outcome;
    await delay(pauseMs);
  }
}

function tryOnce(path: string, tryLock: TryLock): LockOutcome {
  // Node opens with O_CLOEXEC always: no worker inherits the lock.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const fd = openSync(path, flags, 0o600);
  let isKept = false;
  try {
    if (!fstatSync(fd).isFile()) return { kind: 'unavailable', reason: 'the lock file is not a regular file' };
    // A lock on a file that was deleted between open and lock excludes nobody: as good as busy, tried again.
    if (tryLock(fd) === 'busy' || !isSameFile(fd, path)) return { kind: 'busy' };
    isKept = true;
    return { kind: 'held', isCurrent: () => isSameFile(fd, path), release: () => closeSync(fd) };
  } finally {
    if (!isKept) closeSync(fd);
  }
}

function isSameFile(fd: number, path: string): boolean {
  const named = lstatSync(path, { throwIfNoEntry: false });
  const opened = fstatSync(fd);
  return named !== undefined && named.ino === opened.ino && named.dev === opened.dev;
}
