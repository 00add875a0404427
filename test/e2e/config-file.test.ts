// The configuration file of a server program: read again at SIGHUP, checked by `config check`.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt } from './server-process.ts';
import { jsonOf, post, readStream, until, words, writeModel } from './test-server.ts';

const program = fileURLToPath(new URL('../fixtures/faults/serve.mjs', import.meta.url));
const commandLine = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

describe.skipIf(!isBuilt)('a configuration file', () => {
  let folder: string;
  let file: string;
  let server: ChildProcess;
  let log = '';
  let chat: string;
  const told = (event: string): number => log.split(`"msg":"${event}"`).length - 1;
  /** As an editor does. */
  const replaceFile = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const ask = (model: string, content: string, more: object = {}) =>
    post(chat, { model, messages: [{ role: 'user', content }], ...more });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mlx-config-'));
    file = join(folder, 'config.yaml');
    writeModel(join(folder, 'models/scripted/counts'), false);
    mkdirSync(join(folder, 'home'));
    replaceFile('log_level: info\n');
    const ready = join(folder, 'ready.json');
    const flags = ['--port', '0', '--admin-port', '0', '--ready-file', ready, '--config', file, '--log-format', 'json'];
    const folders = ['--state-dir', join(folder, 'state'), '--models-dir', join(folder, 'models')];
    server = spawn(process.execPath, [program, ...flags, ...folders], {
      env: { PATH: process.env.PATH ?? '', HOME: join(folder, 'home') },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    server.stderr!.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    await until(() => existsSync(ready), 30_000);
    chat = `${(JSON.parse(readFileSync(ready, 'utf8')) as { api: string }).api}/v1/chat/completions`;
  });
  afterAll(async () => {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });

  it('is read again at SIGHUP, under a stream that goes on', async () => {
    const stream = await ask('scripted/counts', 'tokens=80 delayMs=10', { stream: true });
    const running = readStream(stream);
    replaceFile('aliases: { small: scripted/counts }\nport: 5\n');
    server.kill('SIGHUP');
    await until(() => told('config-reloaded') === 1);
    expect(log).toMatch(/"cause":"SIGHUP","changed":\["aliases"\],"atNextLoad":\[\],"atRestart":\[\]/);
    expect((await jsonOf(ask('small', 'tokens=2'))).choices[0].message.content).toBe(words(2));
    expect((await running).text).toBe(words(80));
  });

  it('that is broken, or gone, changes nothing, and the log says why', async () => {
    replaceFile('aliases: 7\nnonsense: 1\n');
    server.kill('SIGHUP');
    await until(() => told('config-refused') === 1);
    expect(log).toMatch(/config\.yaml:1: aliases must map.*config\.yaml:2: nonsense is no known setting/);
    rmSync(file);
    server.kill('SIGHUP');
    await until(() => told('config-refused') === 2);
    expect((await ask('small', 'tokens=2')).status).toBe(200);
  });

  it('changes the level of the log', async () => {
    replaceFile('log_level: debug\naliases: { small: scripted/counts }\n');
    server.kill('SIGHUP');
    await until(() => told('config-reloaded') === 2);
    expect(told('generation-admitted')).toBe(0);
    expect((await ask('small', 'tokens=1')).status).toBe(200);
    await until(() => told('generation-admitted') === 1);
  });

  const verb = (...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const env = { PATH: process.env.PATH ?? '', HOME: folder };
      execFile(process.execPath, [commandLine, ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
      );
    });

  it('is checked by "config check": exit 0, or 2 with every problem and its place', async () => {
    replaceFile('aliases: { small: org/one }\nmodels: { org/one: { pin: true } }\n');
    expect(await verb('config', 'check', '--config', file)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 aliases, settings of 1 models'),
    });
    replaceFile('port: no\nmodels:\n  org/one:\n    kv_bits: 5\n');
    const { code, stderr, stdout } = await verb('config', 'check', '--config', file);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`${file}:1: port must be a whole number`);
    expect(stderr).toContain(`${file}:4: models.org/one.kv_bits is wrong`);
  });

  it('has a schema that "config schema" prints', async () => {
    const { stdout } = await verb('config', 'schema');
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object', additionalProperties: false });
  });
});
