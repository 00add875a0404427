// The registry as several servers share it: read without a lock, changed under it. Knows entries, not what they mean.
import { join } from 'node:path';
import type { Clock } from '../../core/index.ts';
import { acquireFileLock, bindFlock, type FileLock, type TryLock } from '../../locks/index.ts';
import type { Servers } from './registry-document.ts';
import {
  type RegistryRead,
  readRegistryFile,
  removeStaleTemporaries,
  setRegistryAside,
  writeRegistryFile,
} from './registry-file.ts';

export type UpdateOutcome =
  | { readonly kind: 'done' }
  /** Nothing was changed; what the file holds is whole. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface RegistryStore {
  readonly stateDir: string;
  /** The file is only ever replaced whole, so no lock is needed to read it. */
  read(): Promise<RegistryRead>;
  /** Applies `change` to what the file holds; the same object back means nothing is written. Never rejects. */
  update(change: (servers: Servers) => Servers): Promise<UpdateOutcome>;
}

/** Longest wait for the lock, whose holders need milliseconds: after this one of them hangs. */
const lockWaitMs = 2000;

export interface RegistryStoreOptions {
  /** Real path of the state directory. */
  readonly stateDir: string;
  readonly clock: Clock;
  /** Hears of a damaged file that was renamed: its new name, and what was wrong. */
  readonly onSetAside: (name: string, reason: string) => void;
}

export async function openRegistryStore(options: RegistryStoreOptions): Promise<RegistryStore> {
  const { stateDir } = options;
  const tryLock = await bindFlock().catch(
    (error: unknown): TryLock =>
      () => {
        throw error;
      },
  );
  let isHolderHanging = false;
  let isTidied = false;

  const acquire = async (): Promise<FileLock> => {
    // A holder that hangs is waited for once, not at every change.
    const waitMs = isHolderHanging ? 0 : lockWaitMs;
    const lock = await acquireFileLock(join(stateDir, 'worker_registry.lock'), tryLock, waitMs);
    isHolderHanging = lock.kind === 'busy';
    if (lock.kind === 'busy') throw new Error('another process holds the lock and does not give it back');
    if (lock.kind === 'unavailable') throw new Error(`the lock cannot be taken (${lock.reason})`);
    return lock;
  };

  const attempt = async (change: (servers: Servers) => Servers): Promise<'done' | 'lock lost'> => {
    const lock = await acquire();
    try {
      if (!isTidied) await removeStaleTemporaries(stateDir);
      isTidied = true;
      await changeUnderLock(options, lock, change);
      return 'done';
    } catch (error) {
      if (lock.isCurrent()) throw error;
      return 'lock lost';
    } finally {
      lock.release();
    }
  };

  return {
    stateDir,
    read: () => readRegistryFile(stateDir),
    async update(change) {
      try {
        if ((await attempt(change)) === 'done' || (await attempt(change)) === 'done') return { kind: 'done' };
        return { kind: 'failed', reason: 'the lock file is deleted again and again' };
      } catch (error) {
        return { kind: 'failed', reason: reasonOf(error) };
      }
    },
  };
}

async function changeUnderLock(
  { stateDir, clock, onSetAside }: RegistryStoreOptions,
  lock: FileLock,
  change: (servers: Servers) => Servers,
): Promise<void> {
  const read = await readRegistryFile(stateDir);
  if (read.kind === 'unreadable') throw new Error(read.reason);
  if (read.kind === 'damaged') onSetAside(await setRegistryAside(stateDir, clock.wallMs()), read.reason);
  const before = read.kind === 'read' ? read.servers : {};
  const after = change(before);
  if (after !== before) await writeRegistryFile(stateDir, after, lock.isCurrent);
}

const reasonOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
