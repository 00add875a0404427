import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exchange, head } from './raw-http.ts';
import { until } from './test-server.ts';

const key = 'a-key-that-is-secret';
const secret = 'a prompt that is secret';
let folder: string;
let server: ChildProcess;
let log = '';
let port: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-log-'));
  const ready = join(folder, 'ready.json');
  const main = new URL('../../bin/mlx-inference-server', import.meta.url).pathname;
  const flags = ['serve', '--port', '0', '--admin-port', '0', '--ready-file', ready, '--state-dir', join(folder, 's')];
  server = spawn(main, flags, {
    env: { PATH: process.env.PATH ?? '', HOME: folder, MLX_API_KEYS: `bob:${key}`, MLX_LOG_FORMAT: 'pretty' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [server.stdout!, server.stderr!]) {
    stream.on('data', (chunk) => {
      log += chunk.toString('utf8');
    });
  }
  const content = (): { api: string } | undefined => {
    try {
      return JSON.parse(readFileSync(ready, 'utf8')) as { api: string };
    } catch {
      return undefined;
    }
  };
  await until(() => content() !== undefined, 30_000);
  port = Number(new URL(content()!.api).port);
});
afterAll(async () => {
  server.kill('SIGTERM');
  await until(() => server.exitCode !== null || server.signalCode !== null);
  rmSync(folder, { recursive: true, force: true });
});

it('at the default level the log has a line for a request, and no prompt, key or byte of a client that acts', async () => {
  const hostile = '\u001b[2J\u2028\u202e\\r\\nforged';
  const ask = (body: string, ...lines: string[]) => {
    const always = [`Host: 127.0.0.1:${port}`, `Authorization: Bearer ${key}`, 'Content-Type: application/json'];
    const first = 'POST /v1/chat/completions HTTP/1.1';
    return exchange(
      port,
      Buffer.from(head(first, ...always, ...lines, `Content-Length: ${Buffer.byteLength(body)}`) + body),
    );
  };
  const body = (model: string) =>
    JSON.stringify({ model, user: hostile, messages: [{ role: 'user', content: secret }] });
  expect((await ask(body('org/none'), 'X-Request-Id: mine-1')).status).toBe(404);
  expect((await ask(body(`org/${hostile}`))).status).toBe(400);
  expect((await ask(body(`${'m'.repeat(1_000_000)}`))).status).toBe(400);
  expect((await ask(`{"${secret}`)).status).toBe(400);
  const strange = await ask(body('org/none'), `X-Request-Id: ${Buffer.from(hostile).toString('latin1')}`);
  expect([400, 404]).toContain(strange.status);
  expect((await ask(body('org/none'), `X-Request-Id: ${'i'.repeat(10_240)}`)).headers['x-request-id']).toMatch(/^req_/);
  const path = encodeURIComponent(hostile);
  await exchange(port, head(`GET /v1/models/${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, `x-api-key: ${key}`));
  await exchange(port, head(`GET /v1/models?api_key=${key} HTTP/1.1`, `Host: 127.0.0.1:${port}`));
  await until(() => log.split('request-finished').length > 7);
  expect(log).toContain('"mine-1"');
  expect(log).toContain('"bob"');
  for (const text of [key, secret, 'forged', 'mmmmm', 'iiiii']) expect(log).not.toContain(text);
  expect(log).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
});
