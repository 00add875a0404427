import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquireFileLock, type FileLock } from './file-lock.ts';
import { bindFlock } from './flock.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function hold(): Promise<FileLock> {
  const lock = await acquireFileLock(path, await bindFlock(), 0);
  if (lock.kind !== 'held') throw new Error(lock.kind);
  return lock;
}

it('is held by one at a time, and free again once released', async () => {
  const first = await hold();
  expect(await acquireFileLock(path, await bindFlock(), 0)).toEqual({ kind: 'busy' });
  first.release();
  (await hold()).release();
});

it('is waited for in bounded time', async () => {
  const first = await hold();
  const startedMs = performance.now();
  expect(await acquireFileLock(path, await bindFlock(), 100)).toEqual({ kind: 'busy' });
  expect(performance.now() - startedMs).toBeLessThan(1000);
  const waiting = acquireFileLock(path, await bindFlock(), 5000);
  first.release();
  expect((await waiting).kind).toBe('held');
});

it('tells its holder when the file was deleted under it', async () => {
  const first = await hold();
  expect(first.isCurrent()).toBe(true);
  rmSync(path);
  expect(first.isCurrent()).toBe(false);
  const second = await hold();
  expect([first.isCurrent(), second.isCurrent()]).toEqual([false, true]);
});

it('is tried again when the file goes between open and lock', async () => {
  const flock = await bindFlock();
  let tries = 0;
  const lock = await acquireFileLock(
    path,
    (fd) => {
      tries += 1;
      if (tries === 1) rmSync(path);
      return flock(fd);
    },
    1000,
  );
  expect([lock.kind, tries, existsSync(path)]).toEqual(['held', 2, true]);
});

it('cannot be had on what is no regular file, and says why', async () => {
  symlinkSync('/etc/passwd', path);
  expect(await acquireFileLock(path, await bindFlock(), 1000)).toEqual({ kind: 'unavailable', reason: 'ELOOP' });
  rmSync(path);
  mkdirSync(path);
  expect((await acquireFileLock(path, await bindFlock(), 1000)).kind).toBe('unavailable');
});
