import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/index.ts';
import { exchange, head, type RawAnswer } from './raw-http.ts';
import { chatBody, jsonOf, post, startTestServer, type TestServer } from './test-server.ts';

const key = 'correct-horse-battery';
const keys = [
  { name: 'alice', secret: new Secret('another-key') },
  { name: 'bob', secret: new Secret(key) },
];
let test: TestServer;
let api: string;
let admin: string;
let port: number;

beforeAll(async () => {
  test = await startTestServer(['counts'], {
    apiKeys: keys,
    allowedHosts: ['models.example', 'localhost:9'],
    allowedOrigins: ['https://app.example'],
  });
  api = test.server.apiUrl;
  admin = test.server.adminUrl;
  port = Number(new URL(api).port);
});
afterAll(async () => test[Symbol.asyncDispose]());

const withKey = { authorization: `Bearer ${key}` };
/** Ollama's errors are texts; the code is beside them. */
const codeIn = (body: { error: { code?: string }; code?: string }) => body.error.code ?? body.code;
const codeOf = ({ body }: RawAnswer): unknown => (JSON.parse(body) as { error: { code: string } }).error.code;
const get = (path: string, ...lines: string[]): Promise<RawAnswer> =>
  exchange(port, head(`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...lines));

describe('keys', () => {
  it('are asked for on every route of both ports, but for those that tell nothing of anybody', async () => {
    const open: string[] = [];
    for (const [app, base] of [[test.server.api, api] as const, [test.server.admin, admin] as const]) {
      expect(app.registeredRoutes.length).toBeGreaterThan(3);
      for (const { method, url } of app.registeredRoutes) {
        const response = await fetch(base + url.replace('*', 'test/counts').replace(':id', 'x'), { method });
        if (response.status === 401)
          expect(method === 'HEAD' ? 'invalid_api_key' : codeIn(await jsonOf(response))).toBe('invalid_api_key');
        else open.push(`${method} ${url}`);
      }
    }
    const paths = ['/docs', '/docs/:file', '/health', '/openapi.json', '/ready', '/version'];
    expect(open.sort()).toEqual(paths.map((path) => `GET ${path}`));
  });

  it.each(['/v1/nothing', '//v1/models', '/v1/./models', '/V1/models', '/v1/models/', '/v1/models;x', '/v1/%2e%2e/x'])(
    'are asked for on %s too',
    async (path) => {
      expect((await get(path)).status).toBe(401);
    },
  );

  it('let in who shows one, as Bearer or x-api-key', async () => {
    expect((await fetch(`${api}/v1/models`, { headers: withKey })).status).toBe(200);
    expect((await fetch(`${api}/v1/models`, { headers: { 'x-api-key': 'another-key' } })).status).toBe(200);
    expect((await fetch(`${admin}/admin/status`, { headers: withKey })).status).toBe(200);
    const headers = { ...withKey, 'content-type': 'application/json' };
    const answer = await post(`${api}/v1/chat/completions`, chatBody('counts', 'tokens=1'), { headers });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['another key', [`Authorization: Bearer ${key}x`]],
    ['the beginning of one', [`Authorization: Bearer ${key.slice(0, -1)}`]],
    ['nothing behind the scheme', ['Authorization: Bearer ']],
    ['a scheme in lower case', [`Authorization: bearer ${key}`]],
    ['a tab', [`Authorization: Bearer\t${key}`]],
    ['two spaces', [`Authorization: Bearer  ${key}`]],
    ['no scheme', [`Authorization: ${key}`]],
    ['Basic', [`Authorization: Basic ${Buffer.from(`x:${key}`).toString('base64')}`]],
    ['two headers', [`Authorization: Bearer ${key}`, 'Authorization: Bearer nonsense']],
    ['two plain headers', [`x-api-key: ${key}`, `x-api-key: ${key}`]],
    ['bytes beyond ASCII', ['Authorization: Bearer \u00e9\u00ff']],
    ['a name in place of a key', ['x-api-key: bob']],
  ])('refuse %s', async (_, lines) => {
    const answer = await get('/v1/models', ...lines);
    expect([answer.status, codeOf(answer)]).toEqual([401, 'invalid_api_key']);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.text).not.toContain(key);
  });

  it('are never read from a query', async () => {
    for (const name of ['api_key', 'key', 'access_token', 'authorization', 'x-api-key'])
      expect((await get(`/v1/models?${name}=${key}`)).status).toBe(401);
  });

  it('are in no environment of a worker, and in no answer about the server', async () => {
    const status = await (await fetch(`${admin}/admin/status`, { headers: withKey })).text();
    expect(status).not.toContain(key);
    const pid = test.server.fleet.snapshots()[0]!.pid!;
    if (process.platform === 'linux') {
      for (const file of ['environ', 'cmdline'])
        expect(readFileSync(`/proc/${pid}/${file}`, 'latin1')).not.toContain(key);
    }
  });

  it('are shown by the command line, and hidden in what it prints', async () => {
    const cli = async (args: string[], env: Record<string, string>) => {
      const main = new URL('../../bin/mlx-inference-server', import.meta.url).pathname;
      const { PATH = '' } = process.env;
      return promisify(execFile)(main, args, { env: { PATH, HOME: test.folder, ...env } }).catch((error) => error);
    };
    const flags = ['--port', new URL(api).port, '--admin-port', new URL(admin).port];
    expect((await cli(['ps', ...flags], { MLX_API_KEY: key })).stdout).toContain('test/counts');
    expect((await cli(['ps', ...flags], { MLX_API_KEYS: `bob:${key},x` })).stdout).toContain('test/counts');
    const without = await cli(['ps', ...flags], {});
    expect([without.code, without.stderr]).toEqual([1, expect.stringContaining('API key')]);
    for (const format of [[], ['--json']]) {
      const { stdout } = await cli(['config', 'print', ...format], { MLX_API_KEYS: `bob:${key}`, MLX_API_KEY: key });
      expect(stdout).toContain('***');
      expect(stdout).toContain('bob');
      expect(stdout).not.toContain(key);
    }
  });
});

describe('Host', () => {
  const asHost = (host: string): Promise<RawAnswer> =>
    exchange(port, head('GET /v1/models HTTP/1.1', `Host: ${host}`, `Authorization: Bearer ${key}`));

  it('may be a loopback name with the right port or none, or a configured name', async () => {
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`, 'localhost'])
      expect((await asHost(host)).status, host).toBe(200);
    for (const host of ['models.example', 'models.example:443', 'localhost:9'])
      expect((await asHost(host)).status, host).toBe(200);
  });

  it.each([
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '[::1].evil',
    '2130706433',
    '0x7f.1',
    '127.0.0.01',
    'attacker.local',
    'localhost:1',
    'models.example.evil',
    'localhost:99999999',
    'user@localhost',
  ])('%s is refused, key or no key', async (host) => {
    const answer = await asHost(host.includes(':') ? host : `${host}:${port}`);
    expect([answer.status, codeOf(answer)]).toEqual([403, 'forbidden_host']);
  });

  it('must be there once', async () => {
    const host = `Host: 127.0.0.1:${port}`;
    for (const lines of [[], [host, host], [host, 'Host: evil.example'], [`${host}, evil.example`]]) {
      const answer = await exchange(port, head('GET /health HTTP/1.1', ...lines));
      expect([answer.status, codeOf(answer)]).toEqual([400, 'invalid_request']);
    }
  });
});

describe('Origin', () => {
  const body = JSON.stringify(chatBody('counts', 'tokens=1'));
  const ask = (...lines: string[]): Promise<RawAnswer> => {
    const always = [`Host: 127.0.0.1:${port}`, `x-api-key: ${key}`, `Content-Length: ${body.length}`];
    return exchange(port, head('POST /v1/chat/completions HTTP/1.1', ...always, ...lines) + body);
  };
  const json = 'Content-Type: application/json';

  it('of a configured page may read the answer, and only that page', async () => {
    const answer = await ask(json, 'Origin: https://app.example', 'Sec-Fetch-Site: cross-site');
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': 'https://app.example', vary: 'Origin' });
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('of the port itself is no stranger', async () => {
    const answer = await ask(json, `Origin: http://127.0.0.1:${port}`, 'Sec-Fetch-Site: same-origin');
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it.each([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://127.0.0.1:9999',
    'file://',
    'https://app.example.evil',
    'http://app.example',
  ])('%s is refused and told nothing', async (origin) => {
    const answer = await ask(json, `Origin: ${origin}`);
    expect([answer.status, codeOf(answer)]).toEqual([403, 'forbidden_origin']);
    expect(answer.text.toLowerCase()).not.toContain('access-control');
  });

  it('is answered ahead of the request where it is allowed', async () => {
    const preflight = (origin: string) =>
      fetch(`${api}/v1/chat/completions`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
    const allowed = await preflight('https://app.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(allowed.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    const refused = await preflight('https://evil.example');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('is missed where a browser says that another site asks', async () => {
    expect((await ask(json, 'Sec-Fetch-Site: cross-site')).status).toBe(403);
    expect((await ask(json, 'Sec-Fetch-Site: none')).status).toBe(200);
  });

  it('is not needed to refuse what a form can send', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const answer = await ask(`Content-Type: ${type}`);
      expect([answer.status, codeOf(answer)], type).toEqual([415, 'unsupported_media_type']);
    }
    expect((await ask()).status).toBe(415);
  });
});
