import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDecodePool, type DecodePool, type DecodePoolOptions } from './decode-pool.ts';

const pools: DecodePool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
const start = (fixture: string, more: Partial<DecodePoolOptions> = {}): DecodePool => {
  const program = fileURLToPath(new URL(`../../test/fixtures/decoders/${fixture}.mjs`, import.meta.url));
  const times = { startTimeoutMs: 10_000, decodeTimeoutMs: 10_000, idleMs: 60_000 };
  const pool = createDecodePool({ program, size: 2, ...times, ...more });
  pools.push(pool);
  return pool;
};
const signal = new AbortController().signal;
const order = { format: 'png', maxDimension: 512 } as const;
const send = (pool: DecodePool, file = 'abc') => pool.decode(order, Buffer.from(file), signal);
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a decode process', () => {
  it('is started when there is work, and used again', async () => {
    const pool = start('answers');
    expect(pool.pids).toEqual([]);
    expect([...(await send(pool)).pixels]).toEqual([97, 98, 99]);
    const { pids } = pool;
    await send(pool, 'xyz');
    expect(pids).toHaveLength(1);
    expect(pool.pids).toEqual(pids);
  });

  it('is one of so many at a time', async () => {
    const pool = start('answers-slowly');
    await Promise.all(Array.from({ length: 6 }, () => send(pool)));
    expect(pool.pids).toHaveLength(2);
  });

  it('without work ends after a while', async () => {
    const pool = start('answers', { idleMs: 50 });
    await send(pool);
    await vi.waitUntil(() => pool.pids.length === 0, 5000);
    expect([...(await send(pool)).pixels]).toEqual([97, 98, 99]);
  });

  it('that is killed from outside costs nobody their image', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mlx-decode-'));
    const image = await send(start('dies-once'), join(folder, 'note'));
    expect([...image.pixels]).toHaveLength(3);
    rmSync(folder, { recursive: true });
  });

  it('that was killed while it had no work is not missed', async () => {
    const pool = start('answers');
    await send(pool);
    process.kill(pool.pids[0]!, 'SIGKILL');
    expect([...(await send(pool)).pixels]).toEqual([97, 98, 99]);
  });

  it('that a file kills twice is the fault of the file; others are served', async () => {
    const pool = start('dies-on-file');
    await expect(send(pool)).rejects.toMatchObject({ code: 'image_refused', message: 'could not be decoded' });
    await expect(send(pool)).rejects.toMatchObject({ code: 'image_refused' });
    await vi.waitUntil(() => pool.pids.length === 0, 5000);
  });

  it('that takes too long is killed, though it would not hear of it', async () => {
    const pool = start('hangs', { decodeTimeoutMs: 200 });
    await expect(send(pool)).rejects.toMatchObject({
      code: 'image_refused',
      message: 'could not be decoded within 0.2 s',
    });
    await vi.waitUntil(() => pool.pids.length === 0, 5000);
  });

  it('that floods standard error never stalls', async () => {
    expect([...(await send(start('floods-stderr'))).pixels]).toEqual([97, 98, 99]);
  });

  it.each(['bytes', 'json', 'short', 'shape', 'unknown'])(
    'that answers with garbage (%s) is replaced',
    async (kind) => {
      const pool = start('sends-garbage');
      await expect(send(pool, kind)).rejects.toMatchObject({ code: 'image_refused' });
    },
  );

  it.each(['cannot-start', 'never-ready'])('that %s is an error of the server, not of the image', async (fixture) => {
    await expect(send(start(fixture, { startTimeoutMs: 500 }))).rejects.toMatchObject({ code: 'internal' });
  });

  it('ends with its pool, whatever it does', async () => {
    const pool = start('hangs');
    const decoding = send(pool);
    await vi.waitUntil(() => pool.pids.length === 1);
    const [pid] = pool.pids;
    const outcome = expect(decoding).rejects.toMatchObject({ code: 'shutting_down' });
    await pool.close();
    await outcome;
    expect(isAlive(pid!)).toBe(false);
  });
});

describe('a caller that leaves', () => {
  it('the line of the pool gives its place to the next', async () => {
    const pool = start('answers-slowly', { size: 1 });
    const left = new AbortController();
    const first = send(pool);
    const gone = pool.decode(order, Buffer.from('abc'), left.signal);
    const next = send(pool, 'xyz');
    left.abort(new Error('the client left'));
    await expect(gone).rejects.toThrow('the client left');
    await first;
    expect([...(await next).pixels]).toEqual([...Buffer.from('xyz')]);
  });

  it('a file that is being decoded does not wait for it', async () => {
    const pool = start('hangs');
    const left = new AbortController();
    const gone = pool.decode(order, Buffer.from('abc'), left.signal);
    await vi.waitUntil(() => pool.pids.length === 1);
    left.abort(new Error('the client left'));
    await expect(gone).rejects.toThrow('the client left');
  });
});
