import { expect, it } from 'vitest';
import { systemClock } from '../core/index.ts';
import { noBlockNames } from '../ipc/index.ts';
import { WorkerProcess } from './worker-process.ts';

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('a worker is no longer alive once its process has ended, though its last words may still be in the pipe', async () => {
  const holdsThePipe = 'setsid sleep 1 & exit 3';
  const worker = new WorkerProcess({
    engine: { command: 'sh', args: ['-c', holdsThePipe], env: { PATH: process.env.PATH ?? '' } },
    load: {
      workerId: 'w',
      model: 'a/b',
      path: '/',
      contextLength: null,
      maxBatch: 1,
      promptCacheBytes: 0,
      decodeStallTargetMs: null,
    },
    requestTimeoutMs: 60_000,
    loadTimeoutMs: 60_000,
    clock: systemClock,
    blockNames: noBlockNames,
    onBlockFailure: () => {},
    onOutputLine: () => {},
    onSpawned: () => new Promise<void>(() => {}), // Nothing is written to it, so only its exit can tell.
  });
  worker.ready.catch(() => {});
  while (exists(worker.pid)) await new Promise(setImmediate);
  expect(worker.alive).toBe(false);
  expect(await worker.exited).toMatchObject({ reason: 'start_failed', detail: 'it exited with code 3' });
});
