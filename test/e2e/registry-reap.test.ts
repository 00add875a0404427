// Whom a starting server ends, with real processes: every worker that a dead server left, and nobody else.
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { identifyProcess } from '../../src/workers/registry/identify-process.ts';
import { reap } from '../../src/workers/registry/reap.ts';
import { createWorld, entryOf, fileText } from './registry-world.ts';

const mark = '0123456789abcdef'.repeat(2);
const title = 'mlx-server-v3-abc';
const quick = { graceMs: 150, killMs: 500 };

describe('a worker of a dead server', () => {
  it('is ended, its blocks are removed, its entry is dropped', async () => {
    await using world = createWorld();
    const orphan = await world.start(title, { env: { MLX_WORKER_MARK: mark } });
    const block = `mlx-${randomBytes(16).toString('hex')}`;
    writeFileSync(`/dev/shm/${block}`, 'left');
    world.writeDead([entryOf(orphan, { mark, blocks: [block] })]);
    const report = await reap(await world.open());
    expect(report).toMatchObject({ ended: [{ id: 'abc' }], survived: [], blocksRemoved: 1, problem: null });
    expect(await orphan.lives()).toBe(false);
    expect(existsSync(`/dev/shm/${block}`)).toBe(false);
    expect(JSON.parse(fileText(world.file))).toEqual({ version: 1, servers: {} });
  });

  it('is ended when it is stopped, and when it ignores SIGTERM, all within 3 s', async () => {
    await using world = createWorld();
    const stopped = await world.start('mlx-server-v3-stopped');
    const deaf = await world.start('mlx-server-v3-deaf', { isDeaf: true });
    const deafAndStopped = await world.start('mlx-server-v3-both', { isDeaf: true });
    stopped.child.kill('SIGSTOP');
    deafAndStopped.child.kill('SIGSTOP');
    const orphans = [stopped, deaf, deafAndStopped];
    world.writeDead(orphans.map((orphan) => entryOf(orphan)));
    const startedMs = performance.now();
    const { ended } = await reap(await world.open());
    expect(performance.now() - startedMs).toBeLessThan(3000);
    expect(ended).toHaveLength(3);
    expect(await Promise.all(orphans.map((orphan) => orphan.lives()))).toEqual([false, false, false]);
    expect(stopped.child.signalCode).toBe('SIGTERM');
    expect(deaf.child.signalCode).toBe('SIGKILL');
  });

  it.runIf(process.platform === 'linux')('takes its own children with it', async () => {
    await using world = createWorld();
    const file = `${world.stateDir}/child`;
    const child = `(trap '' TERM; exec -a left sleep 100) & echo $! > ${file};`;
    const orphan = await world.start(title, { child });
    world.writeDead([entryOf(orphan)]);
    const pid = Number(fileText(file));
    expect(await identifyProcess(pid)).toMatchObject({ group: orphan.pid });
    await reap(await world.open());
    expect(orphan.child.signalCode).toBe('SIGTERM');
    await expect.poll(() => identifyProcess(pid)).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('is found by its environment where no registry names it', async () => {
    await using world = createWorld();
    const env = { MLX_WORKER_MARK: mark, MLX_SERVER: `${process.pid}:gone`, MLX_SERVER_STATE: world.stateDir };
    const orphan = await world.start(title, { env });
    const server = (await identifyProcess(process.pid))!;
    const others = [
      await world.start(title, { env: { ...env, MLX_SERVER: `${server.pid}:${server.startTime}` } }),
      await world.start(title, { env: { ...env, MLX_SERVER_STATE: '/another' } }),
      await world.start(title, { env: { ...env, MLX_WORKER_MARK: 'no mark' } }),
      await world.start(title, { env: { MLX_WORKER_MARK: mark } }),
      await world.start('sleep', { env }),
      await world.start(title),
    ];
    writeFileSync(world.file, '{');
    const { ended } = await reap(await world.open(), quick);
    expect(ended).toMatchObject([{ id: 'abc', pid: orphan.pid }]);
    expect(await orphan.lives()).toBe(false);
    expect(await Promise.all(others.map((other) => other.lives()))).toEqual(others.map(() => true));
    expect(world.setAside).toHaveLength(1);
  });
});

describe('a process that is no worker of a dead server', () => {
  it.each([
    ['another start time', { startTime: 'earlier' }],
    ['another title', { title: 'mlx-server-v3-other' }],
    ['another mark', { mark: 'f'.repeat(32) }],
  ])('lives on with %s, and the entry goes', async (_, difference) => {
    await using world = createWorld();
    const bystander = await world.start(title, { env: { MLX_WORKER_MARK: mark } });
    world.writeDead([entryOf(bystander, { mark, ...difference })]);
    expect(await reap(await world.open(), quick)).toMatchObject({ ended: [], survived: [], problem: null });
    expect(await bystander.lives()).toBe(true);
    expect(JSON.parse(fileText(world.file)).servers).toEqual({});
  });

  it('lives on as a copy of a recorded worker, its environment included', async () => {
    await using world = createWorld();
    const env = { MLX_WORKER_MARK: mark, MLX_SERVER: `${process.pid}:gone`, MLX_SERVER_STATE: world.stateDir };
    const orphan = await world.start(title, { env });
    const copy = await world.start(title, { env });
    world.writeDead([entryOf(orphan, { mark })]);
    await reap(await world.open(), quick);
    await reap(await world.open(), quick); // By now the record is gone.
    expect([await orphan.lives(), await copy.lives()]).toEqual([false, true]);
  });

  it('lives on as the worker of a second server on the same state directory', async () => {
    await using world = createWorld();
    const worker = await world.start(title);
    const { pid, startTime } = (await identifyProcess(process.pid))!;
    const servers = { living: { pid, startTime, workers: [entryOf(worker)] } };
    const before = JSON.stringify({ version: 1, servers });
    writeFileSync(world.file, before);
    await reap(await world.open(), quick);
    expect(await worker.lives()).toBe(true);
    expect(fileText(world.file)).toBe(before);
  });

  it('survives 200 hostile starts', { timeout: 40_000 }, async () => {
    await using world = createWorld();
    const env = { MLX_WORKER_MARK: mark, MLX_SERVER: 'x', MLX_SERVER_STATE: world.stateDir };
    const bystanders = await Promise.all([
      ...Array.from({ length: 6 }, () => world.start(title, { env })),
      world.start('sleep', { env: { ...env, MLX_SERVER: `${process.pid}:gone` } }),
    ]);
    const self = (await identifyProcess(process.pid))!;
    const parent = (await identifyProcess(process.ppid))!;
    const init = { ...self, pid: 1 };
    const differences = [
      { startTime: 'earlier' },
      { title: 'mlx-server-v3-other' },
      { mark: 'f'.repeat(32) },
      { pid: self.pid },
      { pid: 2 ** 31 - 1 },
    ];
    for (let round = 0; round < 200; round += 1) {
      const targets = [...bystanders, self, parent, init];
      const entries = targets.map((target, index) => {
        const difference = differences[(round + index) % differences.length]!;
        return entryOf(target, { id: `w${index}`, title, mark, ...difference });
      });
      // Every fourth start finds process 1 or a broken file, and looks for orphans by environment.
      world.writeDead(round % 4 === 0 ? entries : entries.filter(({ pid }) => pid > 1));
      if (round % 8 === 1) writeFileSync(world.file, fileText(world.file).slice(0, -10));
      await reap(await world.open(), quick);
      if (world.setAside.length > 20) for (const name of world.setAside.splice(0)) rmSync(`${world.stateDir}/${name}`);
    }
    expect(await Promise.all(bystanders.map((bystander) => bystander.lives()))).toEqual(bystanders.map(() => true));
  });
});
