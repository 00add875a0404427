// Whatever lies where the registry should be, and whatever its disk does: a server starts, and says what is wrong.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { reap } from '../../src/workers/registry/reap.ts';
import { openWorkerRegistry } from '../../src/workers/registry/worker-registry.ts';
import { createWorld, fileText } from './registry-world.ts';

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const withServers = (servers: string): string => `{"version":1,"servers":${servers}}`;
const worker = (pid: number | string): string =>
  `{"id":"w","pid":${pid},"startTime":"x","title":"mlx-server-v3-w","model":"m","engine":"llama","blocks":[]}`;
const withWorker = (pid: number | string): string =>
  withServers(`{"s":{"pid":9,"startTime":"x","workers":[${worker(pid)}]}}`);
const entries = Array.from({ length: 10_000 }, (_, index) => `"s${index}":{"pid":9,"startTime":"x","workers":[]}`);

const texts: Readonly<Record<string, string | Buffer>> = {
  'no bytes': '',
  'a brace': '{',
  null: 'null',
  'an array': '[]',
  'a string': '"x"',
  'wrong types': withServers('{"s":{"pid":"9","startTime":1,"workers":{}}}'),
  'no servers': '{"version":1}',
  'a future version': '{"version":2,"servers":{}}',
  'an unknown key': '{"version":1,"servers":{},"more":1}',
  'PID -1': withWorker(-1),
  'PID 0': withWorker(0),
  'PID 1': withWorker(1),
  'PID 2^31': withWorker(2 ** 31),
  'a PID with a fraction': withWorker('7.5'),
  'a block that is a path': withWorker(9).replace('"blocks":[]', '"blocks":["../../etc/passwd"]'),
  'a title that is not ours': withWorker(9).replace('mlx-server-v3-w', 'sshd'),
  NULs: '\0'.repeat(100),
  'UTF-16': Buffer.from(`\ufeff${withServers('{}')}`, 'utf16le'),
  'a byte order mark': `\ufeff${withServers('{}')}`,
  'invalid UTF-8': Buffer.concat([Buffer.from('{"version":1,"servers":{"'), Buffer.from([0xff]), Buffer.from('":1}}')]),
  'a key twice': '{"version":1,"servers":{},"servers":{}}',
  __proto__: withServers('{"__proto__":{"pid":9,"startTime":"x","workers":[]}}'),
  'deep nesting': deep(200_000),
  'deep nesting inside': withServers(deep(200_000)),
  '10,000 entries': withServers(`{${entries.join()}}`),
  'two megabytes': ' '.repeat(2 * 1024 ** 2),
};

const things: Readonly<Record<string, (file: string) => void>> = {
  'a folder': (file) => mkdirSync(join(file, 'inside'), { recursive: true }),
  'a FIFO': (file) => execFileSync('mkfifo', [file]),
  'a symbolic link': (file) => symlinkSync('/etc/passwd', file),
  'a dangling symbolic link': (file) => symlinkSync('/nowhere/at/all', file),
  ...(process.geteuid?.() === 0
    ? {}
    : { 'a file nobody may read': (file: string) => writeFileSync(file, '{}', { mode: 0 }) }),
};

const cases = {
  ...Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, (file: string) => writeFileSync(file, text)] as const),
  ),
  ...things,
};

describe('a damaged registry is set aside whole, and a server starts with an empty one', () => {
  it.each(Object.entries(cases))('%s', async (_, damage) => {
    await using world = createWorld();
    damage(world.file);
    const before = lstatSync(world.file).ino;
    const problems: string[] = [];
    const store = await world.open();
    const report = await reap(store);
    const registry = await openWorkerRegistry({ store, serverId: 's1', onProblem: (reason) => problems.push(reason) });
    expect(report).toMatchObject({ ended: [], survived: [], problem: null });
    expect(problems).toEqual([]);
    expect(world.setAside).toEqual([expect.stringMatching(/^worker_registry\.corrupt-[\dTZ-]+\.json$/)]);
    expect(lstatSync(join(world.stateDir, world.setAside[0]!)).ino).toBe(before);
    expect(Object.keys(JSON.parse(fileText(world.file)).servers)).toEqual(['s1']);
    expect(lstatSync(world.file).mode & 0o777).toBe(0o600);
    await registry.close();
    expect(world.names()).toEqual([world.setAside[0], 'worker_registry.json', 'worker_registry.lock']);
  });

  it('leaves what a link pointed to alone', () => {
    expect(readFileSync('/etc/passwd', 'utf8')).toContain(':');
  });
});

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/registry/${name}.mjs`, import.meta.url));
const isBuilt = existsSync(fileURLToPath(new URL('../../dist/workers/registry/reap.js', import.meta.url)));
const mayUnshare = spawnSync('unshare', ['-m', '-p', '-f', '--mount-proc', 'true']).status === 0;

describe.skipIf(!isBuilt)('several processes on one state directory', () => {
  it('lose nothing while four servers change it together', async () => {
    await using world = createWorld();
    const servers = ['a', 'b', 'c', 'd'].map((id) =>
      spawn(process.execPath, [fixture('changes-registry'), world.stateDir, id]),
    );
    const said = await Promise.all(servers.map(async (server) => String(await firstChunk(server.stdout))));
    expect(said.map((text) => JSON.parse(text) as string[])).toEqual([[], [], [], []]);
    const read = await (await world.open()).read();
    const ids =
      read.kind === 'read' ? Object.values(read.servers).map(({ workers }) => workers.map(({ id }) => id)) : [];
    expect(ids).toEqual([['stays'], ['stays'], ['stays'], ['stays']]);
    for (const server of servers) server.stdin.end();
  });

  it('start within 3 s without a registry when a stopped one holds the lock, and have one once it is gone', async () => {
    await using world = createWorld();
    const holder = spawn(process.execPath, [fixture('holds-lock'), world.stateDir]);
    expect(String(await firstChunk(holder.stdout)).trim()).toBe('locked');
    holder.kill('SIGSTOP');
    const problems: string[] = [];
    const startedMs = performance.now();
    const store = await world.open();
    await reap(store);
    const registry = await openWorkerRegistry({ store, serverId: 's1', onProblem: (reason) => problems.push(reason) });
    expect(performance.now() - startedMs).toBeLessThan(3000);
    expect(problems).toEqual(['another process holds the lock and does not give it back']);
    expect(registry.problem).toBe(problems[0]);
    holder.kill('SIGKILL');
    await new Promise((resolve) => holder.once('exit', resolve));
    const me = { id: 'w', pid: process.pid, model: 'a/b', engine: 'llama', mark: '0'.repeat(32), blocks: [] };
    await registry.record(me);
    expect(registry.problem).toBeNull();
    await registry.close();
  });
});

describe('a disk that gives out', () => {
  it('costs the registry its news, not what it held', ({ skip }) => {
    if (!isBuilt || !mayUnshare) skip('no mount namespaces here, or no build');
    const stateDir = mkdtempSync(join(tmpdir(), 'mlx-registry-'));
    const output = execFileSync('unshare', ['-m', process.execPath, fixture('fills-disk'), stateDir], {
      encoding: 'utf8',
    });
    rmSync(stateDir, { recursive: true });
    expect(JSON.parse(output)).toEqual({
      before: { problem: null, ids: ['before'] },
      full: { problem: 'ENOSPC', ids: ['before'], left: [] },
      after: { problem: null, ids: ['before', 'full', 'after'] },
      readonly: {
        problem: expect.stringContaining('EROFS'),
        ids: ['before', 'full', 'after'],
        reap: expect.stringContaining('EROFS'),
      },
    });
  });

  it('leaves no temporary file of a server that was killed while it wrote', async () => {
    await using world = createWorld();
    writeFileSync(join(world.stateDir, 'worker_registry.0123456789abcdef.tmp'), '{');
    await (await world.open()).update((servers) => servers);
    expect(world.names()).toEqual(['worker_registry.lock']);
  });
});

describe('a PID that the kernel gave to another process', () => {
  it('is not signalled', ({ skip }) => {
    if (!isBuilt || !mayUnshare) skip('no PID namespaces here, or no build');
    const stateDir = mkdtempSync(join(tmpdir(), 'mlx-registry-'));
    chmodSync(stateDir, 0o700);
    const args = ['-p', '-f', '--mount-proc', process.execPath, fixture('reuses-pid'), stateDir];
    const output = execFileSync('unshare', args, { encoding: 'utf8' });
    rmSync(stateDir, { recursive: true });
    expect(JSON.parse(output)).toEqual({ reused: true, lives: true, ended: 0, servers: {} });
  });
});

const firstChunk = (stream: NodeJS.ReadableStream): Promise<unknown> =>
  new Promise((resolve) => stream.once('data', resolve));
