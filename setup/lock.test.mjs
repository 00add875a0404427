import { existsSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withLock } from './lock.mjs';
import { startTimeOf } from './process-identity.mjs';

const freshPath = () => join(mkdtempSync(join(tmpdir(), 'set-up-lock-')), 'lock');
const signal = new AbortController().signal;
const unexpected = (pid) => expect.unreachable(`waited for ${pid}`);

test('the lock is there during the work and gone after it, also after a failure', async () => {
  const path = freshPath();
  await withLock({ path, signal, onWait: unexpected, act: async () => expect(existsSync(path)).toBe(true) });
  expect(existsSync(path)).toBe(false);
  const failing = withLock({ path, signal, onWait: unexpected, act: () => Promise.reject(new Error('no')) });
  await expect(failing).rejects.toThrow('no');
  expect(existsSync(path)).toBe(false);
});

test('a second one waits, says for whom, and goes on when the first is done', async () => {
  const path = freshPath();
  const order = [];
  const { promise: mayEnd, resolve: end } = withResolvers();
  const first = withLock({ path, signal, onWait: unexpected, act: () => mayEnd.then(() => order.push('first')) });
  const onWait = (pid) => {
    order.push(pid);
    end();
  };
  const second = withLock({ path, signal, onWait, act: async () => order.push('second') });
  await Promise.all([first, second]);
  expect(order).toEqual([process.pid, 'first', 'second']);
});

test.each([
  ['of a process that is gone', { pid: 2 ** 22 + 1, startTime: '1' }],
  ['of a recycled pid', { pid: process.pid, startTime: 'another time' }],
  ['that is garbage', undefined],
])('a lock %s is taken over', async (_, holder) => {
  const path = freshPath();
  writeFileSync(path, holder ? JSON.stringify(holder) : '{"pi');
  const done = [];
  const take = (name) => withLock({ path, signal, onWait: () => {}, act: async () => done.push(name) });
  await Promise.all([take('a'), take('b')]);
  expect(done.sort()).toEqual(['a', 'b']);
});

test('a take-over that never ended does not block the next', async () => {
  const path = freshPath();
  writeFileSync(path, JSON.stringify({ pid: process.pid, startTime: 'another time' }));
  writeFileSync(`${path}.take-over`, '1');
  utimesSync(`${path}.take-over`, 1, 1);
  await withLock({ path, signal, onWait: unexpected, act: async () => {} });
});

test('waiting ends with the interruption', async () => {
  const path = freshPath();
  writeFileSync(path, JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }));
  const interruption = new AbortController();
  const onWait = () => interruption.abort('SIGINT');
  await expect(withLock({ path, signal: interruption.signal, onWait, act: unexpected })).rejects.toThrow();
  expect(existsSync(path)).toBe(true);
});

function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
