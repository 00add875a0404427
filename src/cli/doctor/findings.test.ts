import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, loadConfig, readMachine } from '../../config/index.ts';
import { identifyProcess } from '../../workers/index.ts';
import { apiPort } from './network.ts';
import { node } from './software.ts';
import { stateDirectory } from './state.ts';
import { cache, disk, memory, openFiles } from './storage.ts';
import { clock } from './time.ts';

let folder: string;
let config: Config;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-doctor-'));
  const loaded = loadConfig({ flags: {}, env: {}, file: null, machine: readMachine() });
  if ('problems' in loaded) throw new Error(loaded.problems.join());
  config = { ...loaded.config, stateDir: join(folder, 'state'), huggingFaceHome: join(folder, 'hf', 'deep') };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the doctor', () => {
  it('knows an old Node, a clock in the past, few descriptors, a budget beyond the machine', () => {
    expect(node('18.20.4')).toMatchObject({ verdict: 'problem', fix: expect.stringContaining('Node 20') });
    expect(node('20.18.9').verdict).toBe('problem');
    expect([node('20.19.0').verdict, node('24.1.0').verdict]).toEqual(['ok', 'ok']);
    expect([clock(0).verdict, clock().verdict]).toEqual(['problem', 'ok']);
    expect([openFiles(64).verdict, openFiles(4096).verdict]).toEqual(['warning', 'ok']);
    expect(memory({ ...config, memoryBudgetBytes: 2 ** 60 }).verdict).toBe('problem');
    expect(memory(config).verdict).toBe('ok');
  });

  it('tells a port that another program uses from a free one', async () => {
    const other: Server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    expect(await apiPort({ ...config, port })).toMatchObject({
      verdict: 'problem',
      fix: expect.stringContaining('--port'),
    });
    await new Promise((resolve) => other.close(resolve));
    expect(await apiPort({ ...config, port })).toMatchObject({ verdict: 'ok' });
  });

  it('reads the state directory without changing it', async () => {
    expect(await stateDirectory(config)).toMatchObject({ verdict: 'ok' });
    mkdirSync(config.stateDir, { mode: 0o700 });
    expect(await stateDirectory(config)).toMatchObject({ verdict: 'ok', detail: 'no server on record' });
    const path = join(config.stateDir, 'worker_registry.json');
    const workers = ['a', 'b'].map((id) => {
      const title = `mlx-server-v3-${id}`;
      return { id, pid: 2 ** 22 + 2, startTime: '1', title, model: 'org/name', engine: 'llama', blocks: [] };
    });
    const servers = { dead: { pid: 2 ** 22 + 1, startTime: '1', workers } };
    writeFileSync(path, JSON.stringify({ version: 1, servers }));
    expect(await stateDirectory(config)).toMatchObject({
      verdict: 'warning',
      detail: expect.stringContaining('2 workers'),
    });
    writeFileSync(path, '{');
    expect(await stateDirectory(config)).toMatchObject({ name: 'registry', verdict: 'warning' });
    chmodSync(config.stateDir, 0o755);
    expect(await stateDirectory(config)).toMatchObject({ verdict: 'warning', fix: `chmod 700 ${config.stateDir}` });
  });

  it('takes process 1 for a server where it is one, and a pid that went to another process for a dead one', async () => {
    mkdirSync(config.stateDir, { mode: 0o700 });
    const record = (pid: number, startTime: string): void =>
      writeFileSync(
        join(config.stateDir, 'worker_registry.json'),
        JSON.stringify({ version: 1, servers: { one: { pid, startTime, workers: [] } } }),
      );
    record(1, (await identifyProcess(1))!.startTime);
    expect(await stateDirectory(config)).toMatchObject({ verdict: 'ok', detail: '1 server on record' });
    record(process.pid, 'another');
    expect(await stateDirectory(config)).toMatchObject({ verdict: 'warning', detail: expect.stringContaining('dead') });
  });

  it('does not wait on a pipe under the name of the registry', async () => {
    mkdirSync(config.stateDir, { mode: 0o700 });
    execFileSync('mkfifo', [join(config.stateDir, 'worker_registry.json')]);
    expect(await stateDirectory(config)).toMatchObject({ name: 'registry', verdict: 'warning' });
  });

  it('finds downloads that were not finished, and room for models where no folder is yet', async () => {
    expect(await disk(config)).toMatchObject({ name: 'disk' });
    expect(await cache(config)).toMatchObject({ verdict: 'ok', detail: expect.stringContaining('0 models') });
    const blobs = join(config.huggingFaceHome, 'hub', 'models--org--name', 'blobs');
    mkdirSync(blobs, { recursive: true });
    writeFileSync(join(blobs, 'x.incomplete'), '');
    expect(await cache(config)).toMatchObject({ verdict: 'warning', fix: expect.stringContaining('pull org/name') });
  });
});
