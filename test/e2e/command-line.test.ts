// The built command line against servers that run: how it finds them, what ps shows, how a shell completes it.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine, isBuilt, keys, openTerminalFor } from './terminal.ts';
import { chatBody, post, startTestServer, type TestServer, until } from './test-server.ts';

const env = { PATH: process.env.PATH ?? '' };
const mlxs = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [commandLine, ...args], { env })).stdout;

describe.skipIf(!isBuilt)('a server that this user runs', () => {
  it('is found whatever its ports, and told apart by them; one that ended is not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mlx-found-'));
    const state = ['--state-dir', join(folder, 'state')];
    const serve = async () => {
      const ready = join(folder, `ready-${Math.random()}`);
      const ports = ['--port', '0', '--admin-port', '0', '--ready-file', ready, '--log-level', 'silent'];
      const child = spawn(process.execPath, [commandLine, 'serve', ...ports, ...state], { env, stdio: 'ignore' });
      await until(() => existsSync(ready), 30_000);
      await until(async () => (await found(child.pid!)) !== undefined, 30_000);
      return child;
    };
    const found = async (pid: number): Promise<string | undefined> => {
      const answer = await promisify(execFile)(process.execPath, [commandLine, 'status', '--json', ...state], {
        env,
      }).catch((error: { stderr: string }) => error);
      if ('stdout' in answer && answer.stdout !== '') return JSON.parse(answer.stdout).pid === pid ? 'only' : undefined;
      return answer.stderr.includes(`(pid ${pid})`) ? 'among several' : undefined;
    };
    const first = await serve();
    const { ports } = JSON.parse(await mlxs('status', '--json', ...state)) as { ports: { api: number } };
    const second = await serve();
    await expect(mlxs('ps', ...state)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--port') });
    expect(JSON.parse(await mlxs('status', '--json', ...state, '--port', String(ports.api)))).toMatchObject({
      pid: first.pid,
    });
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(JSON.parse(await mlxs('status', '--json', ...state))).toMatchObject({ pid: second.pid });
    second.kill('SIGTERM');
    await once(second, 'exit');
    await expect(mlxs('ps', ...state, '--admin-port', String(ports.api))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^No server answers on .*mlxs daemon start/),
    });
    rmSync(folder, { recursive: true, force: true });
  });
});

describe.skipIf(!isBuilt)('ps', () => {
  let test: TestServer;
  let place: readonly string[];
  beforeAll(async () => {
    test = await startTestServer(['counts', 'emits-steps']);
    const [api, admin] = [test.server.apiUrl, test.server.adminUrl].map((url) => new URL(url).port);
    place = ['--port', api!, '--admin-port', admin!];
  });
  afterAll(() => test[Symbol.asyncDispose]());

  it('shows what each model does just now', async () => {
    expect(await mlxs('ps', ...place)).toBe('No model is loaded.\n');
    await post(`${test.server.adminUrl}/admin/load`, { model: 'test/counts' });
    const [idle] = JSON.parse(await mlxs('ps', '--json', ...place));
    expect(idle).toMatchObject({ model: 'test/counts', state: 'ready', tokensPerSecond: 0, running: 0, waiting: 0 });
    expect(idle.unloadsInMs).toBeGreaterThan(0);
    const stopped = new AbortController();
    const asked = post(
      `${test.server.apiUrl}/v1/chat/completions`,
      chatBody('counts', 'tokens=100000 delayMs=5', { stream: true, max_tokens: 100_000 }),
      { signal: stopped.signal },
    );
    await until(async () => {
      const [busy] = JSON.parse(await mlxs('ps', '--json', ...place));
      return busy.tokensPerSecond > 0 && busy.running === 1 && busy.unloadsInMs === null;
    }, 30_000);
    stopped.abort();
    await asked.catch(() => {});
  });

  it('--watch is one picture that changes on a terminal, and ends with Ctrl-C', async () => {
    await using terminal = openTerminalFor(['ps', '--watch', ...place], { columns: 80 });
    await terminal.sees('TOK/S');
    await terminal.sees('test/counts');
    await post(`${test.server.adminUrl}/admin/load`, { model: 'test/emits-steps' });
    await terminal.sees('test/emits-steps');
    terminal.type(keys.ctrlC);
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.raw()).toMatch(/\u001b\[\?1049h.*\u001b\[\?1049l/s);
  });

  it('--watch is one table after the other elsewhere, without colours, and ends with SIGINT', async () => {
    const child = spawn(process.execPath, [commandLine, 'ps', '--watch', ...place], { env });
    let shown = '';
    child.stdout.on('data', (text: Buffer) => {
      shown += text.toString();
    });
    await until(() => shown.split('MODEL').length > 2, 30_000);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(shown).not.toContain('\u001b');
  });
});
