// The built command line against servers that run: how it finds them, what ps shows, how a shell completes it.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine, isBuilt, keys, openTerminalFor } from './terminal.ts';
import { chatBody, post, startTestServer, type TestServer, until, writeModel } from './test-server.ts';

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

describe.skipIf(!isBuilt)('bench', () => {
  it('measures each number of streams with its median and spread, and stops when its time is over', async () => {
    await using test = await startTestServer(['counts']);
    const [api, admin] = [test.server.apiUrl, test.server.adminUrl].map((url) => new URL(url).port);
    const bench = async (...args: string[]) =>
      JSON.parse(await mlxs('bench', 'test/counts', '--json', '--port', api!, '--admin-port', admin!, ...args));
    const measured = await bench('--streams', '1,3', '--runs', '2', '--prompt-tokens', '20', '--max-tokens', '4');
    expect(measured).toMatchObject({ model: 'test/counts', isWhole: true, promptTokens: 20, maxTokens: 4 });
    expect(measured.results.map(({ streams, rounds }: Record<string, number>) => [streams, rounds])).toEqual([
      [1, 2],
      [3, 2],
    ]);
    for (const result of measured.results) {
      for (const name of ['timeToFirstTokenMs', 'prefillTokensPerSecond', 'decodeTokensPerSecond']) {
        const { least, median, most } = result[name];
        expect(least > 0 && least <= median && median <= most).toBe(true);
      }
    }
    const { requests } = JSON.parse(await mlxs('status', '--json', '--admin-port', admin!, '--port', api!)).totals
      .models['test/counts'];
    expect(requests).toBe(1 + 2 + 6);
    const long = ['--streams', '8,8,8,8,8,8,8,8', '--runs', '100', '--prompt-tokens', '20', '--max-tokens', '4'];
    const cut = await bench(...long, '--time-limit', '3');
    expect([cut.isWhole, cut.results.length < 8]).toEqual([false, true]);
    await expect(bench('--streams', '0')).rejects.toMatchObject({ code: 2 });
  });
});

describe.skipIf(!isBuilt)('a shell', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlx-shell-'));
  beforeAll(async () => {
    writeFileSync(join(folder, 'completion.bash'), await mlxs('completion', 'bash'));
    writeModel(join(folder, 'models', 'test', 'one'), false);
    writeModel(join(folder, 'models', 'test', 'other'), false);
    writeFileSync(join(folder, 'a picture.png'), '');
    writeFileSync(join(folder, 'mlxs'), `#!/bin/sh\nexec "${process.execPath}" "${commandLine}" "$@"\n`, {
      mode: 0o755,
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What bash offers for the end of `line`. */
  async function offered(line: string): Promise<string[]> {
    const script = `
      source completion.bash
      COMP_LINE="$1"; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=($1); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      [[ "$1" == *" " ]] && COMP_CWORD=$((COMP_CWORD + 1))
      _mlxs
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const bashEnv = { PATH: `${folder}:${env.PATH}`, MLX_MODELS_DIR: join(folder, 'models'), HF_HOME: folder };
    const outcome = await promisify(execFile)('bash', ['--norc', '-c', script, 'bash', line], {
      env: bashEnv,
      cwd: folder,
    });
    expect(outcome.stderr).toBe('');
    return outcome.stdout.split('\n').filter((word) => word !== '');
  }

  it.each([
    ['mlxs st', ['status']],
    ['mlxs daemon sta', ['start', 'status']],
    ['mlxs ps --wa', ['--watch']],
    ['mlxs serve --log-level w', ['warn']],
    ['mlxs config check --log-format ', ['pretty', 'json']],
    ['mlxs run test/', ['test/one', 'test/other']],
    ['mlxs unload test/ot', ['test/other']],
    ['mlxs run test/one --image a', ['a picture.png']],
    ['mlxs completion ', ['bash', 'zsh', 'fish']],
    ['mlxs ps --port ', []],
  ])('completes "%s"', async (line, expected) => {
    expect(await offered(line)).toEqual(expected);
  });

  it('is offered every verb that help shows, and none that it hides', async () => {
    const verbs = await offered('mlxs ');
    const help = await mlxs('--help');
    for (const verb of verbs) expect(help).toMatch(new RegExp(`^  ${verb} `, 'm'));
    expect(verbs).toContain('bench');
    expect(verbs).not.toContain('complete-models');
    expect(await offered('mlxs daemon k')).toEqual([]);
  });

  it.each(['zsh', 'fish'])(
    '%s is given every verb and option; its own check of the script where it is installed',
    async (shell) => {
      const script = await mlxs('completion', shell);
      for (const word of ['run', 'uninstall', 'log-level', 'complete-models']) expect(script).toContain(word);
      const file = join(folder, `completion.${shell}`);
      writeFileSync(file, script);
      const check = await promisify(execFile)(shell, ['-n', file], { env }).catch(
        (error: NodeJS.ErrnoException) => error,
      );
      expect('code' in check ? check.code : 'accepted').toMatch(/^(ENOENT|accepted)$/);
    },
  );
});
