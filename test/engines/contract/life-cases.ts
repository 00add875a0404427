// How a worker begins and ends. Each case has a process of its own.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { WorkerClient } from '../worker-client.ts';
import { endOf } from './answer-cases.ts';
import { tokensOf } from './models.ts';
import type { ContractSetting } from './setting.ts';

const endMs = 2000;

export function lifeCases({ program }: ContractSetting): void {
  const start = (): WorkerClient => new WorkerClient(program);
  const loaded = async (): Promise<WorkerClient> => {
    const worker = start();
    const ready = await worker.load({ path: program.modelPath, workerId: 'contract', maxBatch: 2 });
    expect(ready.type).toBe('ready');
    return worker;
  };
  /** A worker in the middle of a long prefill. */
  const working = async (): Promise<{ worker: WorkerClient; id: string }> => {
    const worker = await loaded();
    const id = worker.start({ input: tokensOf(program.facts, 1500), maxTokens: 1 });
    await worker.until(() => worker.framesOf(id)[0], 'progress');
    return { worker, id };
  };

  describe('a life', () => {
    it('ends with exit 0 on shutdown, every request cancelled first', async () => {
      const { worker, id } = await working();
      await using _ = worker;
      worker.channel.send({ type: 'shutdown' });
      expect(endOf(await worker.answer(id)).finishReason).toBe('cancelled');
      expect(await worker.exitWithin(endMs)).toEqual({ code: 0, signal: null });
    });

    it('ends with exit 0 on SIGTERM, and not on SIGINT; its title says what it is', async () => {
      const { worker } = await working();
      await using _ = worker;
      if (process.platform === 'linux') {
        const title = await readFile(`/proc/${worker.process.pid}/cmdline`, 'utf8');
        expect(title).toContain('mlx-server-v3-contract');
      }
      worker.process.kill('SIGINT');
      await worker.ping(1);
      worker.process.kill('SIGTERM');
      expect(await worker.exitWithin(endMs)).toEqual({ code: 0, signal: null });
    });

    it('ends when its input ends in the middle of a prefill', async () => {
      const { worker } = await working();
      await using _ = worker;
      worker.process.stdin?.end();
      expect(await worker.exitWithin(endMs)).not.toBeNull();
    });

    it('ends when its input ends in the middle of a load', async () => {
      await using worker = start();
      worker.load({ path: program.modelPath }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 300));
      worker.process.stdin?.end();
      expect(await worker.exitWithin(endMs)).not.toBeNull();
    });

    it('ends when its input ends before anything was asked', async () => {
      await using worker = start();
      worker.process.stdin?.end();
      // A Python interpreter needs its time to begin before it can end.
      expect(await worker.exitWithin(5 * endMs)).not.toBeNull();
    });

    it.each([
      ['a frame that is no message', Buffer.from([3, 0, 0, 0, 0x93, 1, 2])],
      ['a frame longer than any may be', Buffer.from([0xff, 0xff, 0xff, 0xff])],
      [
        'an unknown type',
        Buffer.from([0x0d, 0, 0, 0, 0x81, 0xa4, ...Buffer.from('type'), 0xa6, ...Buffer.from('nobody')]),
      ],
    ])('ends, or answers with an error, after %s', async (_what, bytes) => {
      await using worker = start();
      worker.process.stdin?.write(bytes);
      const never = new Promise<null>(() => {});
      const answered = worker
        .until(() => worker.frames.find(({ frame }) => frame.type === 'error'), 'an error')
        .catch(() => never);
      expect(await Promise.race([worker.exitWithin(5 * endMs), answered])).not.toBeNull();
    });

    it('answers load_failed and ends with exit 1 when there is no such model, without naming a path', async () => {
      await using worker = start();
      const answer = await worker.load({ path: '/nowhere/at-all/model.gguf' });
      expect(answer).toMatchObject({ type: 'error', id: null, code: 'load_failed', param: null });
      expect(JSON.stringify(answer)).not.toContain('nowhere');
      expect(await worker.exitWithin(endMs)).toEqual({ code: 1, signal: null });
    });

    it('answers load_failed to another version of the protocol', async () => {
      await using worker = start();
      expect(await worker.load({ path: program.modelPath, protocol: 999 })).toMatchObject({ code: 'load_failed' });
      expect(await worker.exitWithin(endMs)).toEqual({ code: 1, signal: null });
    });
  });
}
