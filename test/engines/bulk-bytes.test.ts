// Messages over 64 KiB to a real worker: by shared memory, without it, and where it is full, read-only or absent.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { jsonOf, post } from '../e2e/test-server.ts';
import { startRealServer } from './real-server.ts';

/** 90 turns whose names, which the template leaves out, make the message long and the prompt not. */
const messages = Array.from({ length: 90 }, () => ({ role: 'user', name: '語'.repeat(256), content: 'a' }));
const body = { model: 'starter/smollm2-135m-instruct-gguf', messages, max_tokens: 4, temperature: 0 };

async function answer(env: Record<string, string>, wrapper?: readonly string[]) {
  const server = await startRealServer({ MLX_LOG_LEVEL: 'info', ...env }, wrapper);
  try {
    const texts: string[] = [];
    for (const _ of [1, 2]) {
      const response = await post(`${server.apiUrl}/v1/chat/completions`, body);
      expect(response.status).toBe(200);
      texts.push((await jsonOf(response)).choices[0].message.content as string);
    }
    expect(texts[1]).toBe(texts[0]);
    expect(server.log()).not.toContain('/mlx-');
    return { text: texts[0], failures: server.log().match(/shared-memory-failed/g)?.length ?? 0 };
  } finally {
    await server.stop();
  }
}

const blocks = (): string[] => readdirSync('/dev/shm').filter((name) => name.startsWith('mlx-'));
const mayMount = spawnSync('unshare', ['-m', 'true']).status === 0;
/** Runs what follows with another file system on /dev/shm. */
const withSharedMemory = (mount: string): string[] => ['unshare', '-m', 'sh', '-c', `${mount} && exec "$@"`, 'sh'];

it.runIf(mayMount)(
  'the answer is the same whatever becomes of shared memory, and the log tells once',
  async () => {
    const usual = await answer({});
    expect(usual.failures).toBe(0);
    expect(blocks()).toEqual([]);
    expect(await answer({ MLX_USE_STDIO: '1' })).toEqual(usual);
    for (const mount of [
      'mount -t tmpfs -o size=8k tmpfs /dev/shm',
      'mount -t tmpfs -o ro tmpfs /dev/shm',
      'mount -t tmpfs -o nr_inodes=1 tmpfs /dev/shm',
    ]) {
      expect(await answer({}, withSharedMemory(mount)), mount).toEqual({ ...usual, failures: 1 });
    }
  },
  120_000,
);
