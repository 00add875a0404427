// Shared memory blocks of dead workers: taken away by name, and only by a name of the one form that ours have.
import { unlink } from 'node:fs/promises';
import { blockNamePattern } from './registry-document.ts';

type Unlink = (name: string) => Promise<boolean>;

/** Removes the blocks; returns how many there were. Names of any other form are left alone. */
export async function removeBlocks(names: readonly string[]): Promise<number> {
  const ours = [...new Set(names.filter((name) => blockNamePattern.test(name)).map((name) => name.replace('/', '')))];
  if (ours.length === 0) return 0;
  const remove = process.platform === 'linux' ? unlinkFile : await bindShmUnlink();
  const removed = await Promise.all(ours.map(remove));
  return removed.filter(Boolean).length;
}

const unlinkFile: Unlink = (name) =>
  unlink(`/dev/shm/${name}`).then(
    () => true,
    () => false, // It was removed as it should be, or is not ours.
  );

async function bindShmUnlink(): Promise<Unlink> {
  const { default: koffi } = await import('koffi');
  const shmUnlink = koffi.load(null).func('int shm_unlink(const char *name)');
  return async (name) => shmUnlink(`/${name}`) === 0;
}
