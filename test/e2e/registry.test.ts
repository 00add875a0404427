// The registry as two real servers use it: one is killed or lives on, another starts on the same state directory.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { identifyProcess } from '../../src/workers/registry/identify-process.ts';
import { parseRegistry, type ServerEntry, type WorkerEntry } from '../../src/workers/registry/registry-document.ts';
import { noWeights } from '../fixtures/weights/weight-files.ts';
import { chatBody, jsonOf, post, startTestServer, until } from './test-server.ts';

const program = fileURLToPath(new URL('../fixtures/registry/server.mjs', import.meta.url));
const isBuilt = existsSync(fileURLToPath(new URL('../../dist/cli/running-server.js', import.meta.url)));

const serversIn = (stateDir: string): ServerEntry[] =>
  Object.values(parseRegistry(readFileSync(join(stateDir, 'worker_registry.json'))));

describe('a server', () => {
  it('has its worker on record with what tells it from every other process, and takes itself out at the end', async () => {
    const stateDir = join(mkdtempSync(join(tmpdir(), 'mlx-test-')), 'state');
    {
      await using test = await startTestServer(['counts'], { stateDir });
      expect(serversIn(stateDir)).toMatchObject([{ pid: process.pid, workers: [] }]);
      expect((await post(`${test.server.apiUrl}/v1/chat/completions`, chatBody('counts', 'hello'))).status).toBe(200);
      const [server] = serversIn(stateDir);
      const [worker] = server!.workers;
      expect(worker).toMatchObject({ model: 'test/counts', title: `mlx-server-v3-${worker!.id}` });
      expect(new Set(worker!.blocks).size).toBe(16);
      expect(await identifyProcess(worker!.pid)).toMatchObject({
        startTime: worker!.startTime,
        title: worker!.title,
        ...(process.platform === 'linux' ? { mark: worker!.mark } : {}),
      });
      expect(statSync(stateDir).mode & 0o777).toBe(0o700);
      expect(await jsonOf(fetch(`${test.server.apiUrl}/ready`))).toEqual({
        status: 'ready',
        reasons: [],
        degraded: [],
      });
      process.kill(worker!.pid, 'SIGKILL');
      await until(() => serversIn(stateDir)[0]!.workers.length === 0);
    }
    expect(serversIn(stateDir)).toEqual([]);
    rmSync(join(stateDir, '..'), { recursive: true });
  });

  it('asks nothing of a worker that is not on record', async () => {
    await using test = await startTestServer(['checks-registry']);
    const answer = await post(`${test.server.apiUrl}/v1/chat/completions`, chatBody('checks-registry', 'hello'));
    expect(answer.status).toBe(200);
  });

  it('serves without a registry where no state directory can be had, and says so', async () => {
    await using test = await startTestServer(['counts'], { stateDir: '/proc/no-such-place' });
    expect((await post(`${test.server.apiUrl}/v1/chat/completions`, chatBody('counts', 'hello'))).status).toBe(200);
    const ready = await fetch(`${test.server.apiUrl}/ready`);
    expect([ready.status, await jsonOf(ready)]).toEqual([
      200,
      { status: 'ready', reasons: [], degraded: ['registry', 'responses'] },
    ]);
  });
});

describe.skipIf(!isBuilt)('two servers on one state directory', () => {
  it('coexist: the second touches no worker of the first', async () => {
    await using first = await startOwnServer();
    const worker = await first.load();
    await using second = await startTestServer(['counts'], { stateDir: first.stateDir });
    expect((await post(`${second.server.apiUrl}/v1/chat/completions`, chatBody('counts', 'hello'))).status).toBe(200);
    expect(serversIn(first.stateDir).map(({ workers }) => workers.length)).toEqual([1, 1]);
    expect(await identifyProcess(worker.pid)).toMatchObject({ startTime: worker.startTime });
  });

  it('the second ends a stopped worker of the first, which was killed, before it listens', async () => {
    await using first = await startOwnServer();
    const worker = await first.load();
    process.kill(worker.pid, 'SIGSTOP');
    await first.kill();
    expect(await identifyProcess(worker.pid)).toMatchObject({ startTime: worker.startTime });
    await using second = await startTestServer(['counts'], { stateDir: first.stateDir });
    expect(await identifyProcess(worker.pid)).toBeUndefined();
    expect(serversIn(first.stateDir)).toMatchObject([{ pid: process.pid, workers: [] }]);
    expect((await fetch(`${second.server.apiUrl}/health`)).status).toBe(200);
  });

  it('the worker of a killed server ends by itself', async () => {
    await using first = await startOwnServer();
    const worker = await first.load();
    await first.kill();
    await until(async () => (await identifyProcess(worker.pid)) === undefined, 5000);
  });
});

interface OwnServer extends AsyncDisposable {
  readonly stateDir: string;
  load(): Promise<WorkerEntry>;
  kill(): Promise<void>;
}

/** A server in a process of its own, which can be killed. */
async function startOwnServer(): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mlx-test-'));
  const stateDir = join(folder, 'state');
  const model = join(folder, 'models', 'test', 'counts');
  mkdirSync(model, { recursive: true });
  writeFileSync(join(model, 'config.json'), '{"model_type":"scripted"}');
  writeFileSync(join(model, 'model.safetensors'), noWeights());
  const child = spawn(process.execPath, [program, stateDir, join(folder, 'models')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const line = (): Promise<unknown> => new Promise((resolve) => child.stdout.once('data', resolve));
  await line();
  return {
    stateDir,
    async load() {
      child.stdin.write('load\n');
      await line();
      return serversIn(stateDir).flatMap(({ workers }) => workers)[0]!;
    },
    kill: () => killed(child),
    async [Symbol.asyncDispose]() {
      await killed(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
}
