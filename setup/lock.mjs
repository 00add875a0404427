// One set-up at a time: a lock file made exclusively, holding the pid and start time of its holder. A lock
// whose holder is gone is taken over; two that want to take over are kept apart by a second short-lived file.
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTimeOf } from './process-identity.mjs';

const takeOverLimitMs = 10_000;

/**
 * Runs `act` under the lock; waits while a living process holds it.
 * @param {{ path: string, signal: AbortSignal, onWait: (pid: number) => void, act: () => Promise<void> }} options
 */
export async function withLock({ path, signal, onWait, act }) {
  mkdirSync(dirname(path), { recursive: true });
  const self = JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) });
  let told = false;
  while (!tryCreate(path, self)) {
    const holder = readHolder(path);
    if (holder && !isAlive(holder)) takeOver(path);
    else if (!told && holder) {
      onWait(holder.pid);
      told = true;
    }
    await sleep(200, undefined, { signal });
  }
  try {
    await act();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Written beside and linked, so that the lock is never seen half written. */
function tryCreate(path, content) {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, content);
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function readHolder(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return { pid: 0 };
    throw error;
  }
}

const isAlive = ({ pid, startTime }) => pid > 0 && startTimeOf(pid) !== undefined && startTimeOf(pid) === startTime;

function takeOver(path) {
  const guard = `${path}.take-over`;
  if (!tryCreate(guard, String(process.pid))) {
    if (isOlderThan(guard, takeOverLimitMs)) rmSync(guard, { force: true });
    return;
  }
  try {
    const holder = readHolder(path);
    if (holder && !isAlive(holder)) rmSync(path, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

function isOlderThan(path, ageMs) {
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return modified !== undefined && Date.now() - modified > ageMs;
}
