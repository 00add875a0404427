// Decode processes over the real API: what files do to them, and what becomes of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as make from '../fixtures/images/make-images.ts';
import { dataUri, type ImageWorld, image, openImageWorld, solid, user } from './image-world.ts';
import { isAlive, jsonOf, until } from './test-server.ts';

let world: ImageWorld;
beforeAll(async () => {
  world = await openImageWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

describe('a decode process', () => {
  it('ends with a server that is killed', async () => {
    const program = fileURLToPath(new URL('../fixtures/images/holds-decoder.mjs', import.meta.url));
    const server = spawn(process.execPath, [program, dataUri(world.red)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(server.stdout, 'data');
    const [pid]: number[] = JSON.parse(String(line));
    expect(isAlive(pid!)).toBe(true);
    server.kill('SIGKILL');
    await until(() => !isAlive(pid!), 5000);
  });

  it('that is killed is replaced, and nobody notices', async () => {
    await world.said([user(image(dataUri(await solid(5, 5, [1, 1, 1]))))]);
    for (const pid of world.server.images.pids) process.kill(pid, 'SIGKILL');
    expect(await world.said([user(image(dataUri(await solid(5, 5, [2, 2, 2]))))])).toBe('user: <5x5 2,2,2>');
  });

  it('gets no secret of the environment', async () => {
    if (process.platform !== 'linux') return;
    await world.said([user(image(dataUri(await solid(5, 5, [3, 3, 3]))))]);
    const environment = readFileSync(`/proc/${world.server.images.pids[0]}/environ`, 'utf8');
    expect(
      environment
        .split('\0')
        .map((entry) => entry.split('=')[0])
        .sort(),
    ).toEqual(['', 'MALLOC_ARENA_MAX', 'UV_THREADPOOL_SIZE']);
  });
});

describe('hostile files', () => {
  const residentBytes = (pid: number): number =>
    process.platform === 'linux'
      ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
      : 0;
  const decoders = (): readonly number[] => world.server.images.pids;

  /** Deterministic pseudo-random numbers: a failure can be run again. */
  function* numbers(seed: number): Generator<number, never, undefined> {
    for (let state = seed; ; ) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      yield state;
    }
  }

  const kinds = async (): Promise<[string, Buffer][]> => {
    const noisy = sharp({
      create: {
        width: 200,
        height: 150,
        channels: 3,
        background: '#888',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    });
    const honest = await Promise.all(
      (['png', 'jpeg', 'webp', 'gif'] as const).map(
        async (format) => [format, await noisy.clone().toFormat(format).toBuffer()] as const,
      ),
    );
    const bmp = make.bitmap({
      bits: 8,
      width: 64,
      height: 64,
      compression: 1,
      palette: [[1, 2, 3]],
      rows: Buffer.alloc(4096, 3),
    });
    const random = numbers(7);
    const damaged = [...honest, ['bmp', bmp] as const].flatMap(([format, file]) =>
      Array.from({ length: 12 }, (_, round): [string, Buffer] => {
        const copy = Buffer.from(file);
        for (let hit = 0; hit <= round; hit += 1) {
          const place = random.next().value % (round % 2 === 0 ? Math.min(copy.length, 64) : copy.length);
          copy[place] = random.next().value & 0xff;
        }
        return [`${format}, damaged ${round}`, copy];
      }),
    );
    return [
      ...damaged,
      ['bomb of 4096 × 4096', make.png({ width: 4096, height: 4096 })],
      [
        'bomb of 16 bits, interlaced',
        await make.plain(4096, 4096, [1, 2, 3]).toColourspace('rgb16').png({ progressive: true }).toBuffer(),
      ],
      [
        'progressive JPEG of 4096 × 4096',
        await make.plain(4096, 4096, [1, 2, 3]).jpeg({ progressive: true }).toBuffer(),
      ],
      ['lying PNG', make.png({ width: 4096, height: 4096 }, { width: 1, height: 1 })],
      ['lying GIF', make.gif([1, 1], [65_535, 65_535])],
      ['GIF with a frame outside', make.gif([10, 10], [4000, 4000], 60_000)],
      [
        'bitmap of runs',
        make.bitmap({
          bits: 8,
          width: 4096,
          height: 4096,
          compression: 1,
          palette: [[1, 2, 3]],
          rows: Buffer.from([0, 1]),
        }),
      ],
      ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>')],
    ];
  };

  it('are answered or refused, and no process dies of them', async () => {
    await world.said([user(image(dataUri(await solid(3, 3, [9, 9, 9]))))]);
    const files = await kinds();
    const outcomes: string[] = [];
    const seenPids = new Set(decoders());
    for (let at = 0; at < files.length; at += 4) {
      const round = files.slice(at, at + 4).map(async ([name, file]) => {
        const response = await world.askFor([user(image(dataUri(file)))]);
        const { error } = await jsonOf(response);
        outcomes.push(`${name}: ${response.status} ${error?.code ?? ''}`);
        expect(response.status === 200 || ['image_refused', 'image_too_large'].includes(error.code), name).toBe(true);
      });
      await Promise.all(round);
      for (const pid of decoders()) seenPids.add(pid);
    }
    expect(outcomes.filter((outcome) => outcome.includes(': 200')).length).toBeGreaterThan(3);
    expect([...seenPids].sort()).toEqual([...decoders()].sort());
    expect(seenPids.size).toBeLessThanOrEqual(4);
    for (const pid of decoders()) expect(residentBytes(pid)).toBeLessThan(700e6);
    expect((await fetch(`${world.server.apiUrl}/health`)).status).toBe(200);
  });
});
