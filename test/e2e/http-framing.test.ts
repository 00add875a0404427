import { describe, expect, it } from 'vitest';
import { exchange, head, openSocket } from './raw-http.ts';
import { chat, errorOf, host, port } from './raw-server.ts';

const next = (): string => head('GET /version HTTP/1.1', host);
const chunked = (body: string): string => chat(['Transfer-Encoding: chunked'], body);

describe('a message that two readers could read differently', () => {
  const end = '0\r\n\r\n';
  const cases: Record<string, () => string> = {
    'both lengths': () => chat(['Content-Length: 5', 'Transfer-Encoding: chunked'], end),
    'chunked, then identity': () => chat(['Transfer-Encoding: chunked, identity'], end),
    'chunked twice in two headers': () => chat(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], end),
    'a space before the colon': () => chat(['Transfer-Encoding : chunked'], end),
    'an unknown coding': () => chat(['Transfer-Encoding: xchunked'], end),
    'two lengths': () => chat(['Content-Length: 2', 'Content-Length: 3'], '{}'),
    'one length twice': () => chat(['Content-Length: 2', 'Content-Length: 2'], '{}'),
    'a list of lengths': () => chat(['Content-Length: 2,2'], '{}'),
    'a length with a sign': () => chat(['Content-Length: +2'], '{}'),
    'a negative length': () => chat(['Content-Length: -2'], '{}'),
    'a length in hex': () => chat(['Content-Length: 0x2'], '{}'),
    'a length beyond 64 bits': () => chat(['Content-Length: 18446744073709551618'], '{}'),
    'no digits in the length': () => chat(['Content-Length: '], '{}'),
    'a folded header': () => head('GET /version HTTP/1.1', host, 'X-A: b\r\n c'),
    'bare line feeds': () => `GET /version HTTP/1.1\n${host}\n\n`,
    'one bare line feed': () => `GET /version HTTP/1.1\r\nX: y\n${host}\r\n\r\n`,
    'a bare carriage return': () => `GET /version HTTP/1.1\r\nX: y\rz: a\r\n${host}\r\n\r\n`,
    'a NUL': () => head('GET /version HTTP/1.1', host, 'X: a\0b'),
    'a header without a name': () => head('GET /version HTTP/1.1', host, ': a'),
    'a chunk longer than 64 bits': () => chunked(`fffffffffffffffff\r\n{}\r\n${end}`),
    'a chunk of negative length': () => chunked(`-2\r\n{}\r\n${end}`),
    'a chunk length with a prefix': () => chunked(`0x2\r\n{}\r\n${end}`),
    'chunks behind bare line feeds': () => chunked('2\n{}\n0\n\n'),
    'more in a chunk than it says': () => chunked(`2\r\n{}XX\r\n${end}`),
    'trailers that name a host': () => chunked('2\r\n{}\r\n0\r\nHost: evil.example\r\n\r\n'),
    'trailers with a length': () => chunked('2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n'),
    'trailers with a key': () => chunked('2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\n\r\n'),
    'no version': () => 'GET /version\r\n\r\n',
    'version 9.9': () => head('GET /version HTTP/9.9', host),
    'version 2.0': () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'another host in the target': () => head('GET http://evil.example/version HTTP/1.1', host),
    'a user in the target': () => head(`GET http://a@127.0.0.1:${port}/version HTTP/1.1`, host),
    'a backslash for a path': () => head('GET \\version HTTP/1.1', host),
    'an asterisk for a path': () => head('OPTIONS * HTTP/1.1', host),
    'two types': () => chat(['Content-Type: text/plain', 'Content-Length: 2'], '{}'),
  };

  it.each(Object.keys(cases))('(%s) is refused, and nothing behind it is answered', async (name) => {
    const answer = await exchange(port, cases[name]!() + next());
    expect([answer.status, errorOf(answer).code, answer.closed]).toEqual([400, 'invalid_request', true]);
    expect(answer.text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  });

  it('is not what a proxy sends: the whole URL of this server', async () => {
    expect((await exchange(port, head(`GET http://127.0.0.1:${port}/version HTTP/1.1`, host))).status).toBe(200);
  });
});

describe('a message that is too large', () => {
  const cases: Record<string, [number, () => string]> = {
    '101 headers': [
      431,
      () => head('GET /version HTTP/1.1', host, ...Array.from({ length: 101 }, (_, i) => `x-${i}: 1`)),
    ],
    '4,000 short headers': [431, () => head('GET /version HTTP/1.1', ...Array(4000).fill('a:'), host)],
    '20,000 headers': [431, () => head('GET /version HTTP/1.1', host, ...Array(20_000).fill('x: 1'))],
    'a header of 17 KB': [431, () => head('GET /version HTTP/1.1', host, `x: ${'a'.repeat(17 * 1024)}`)],
    'a key of 64 KB': [431, () => head('GET /version HTTP/1.1', host, `Authorization: Bearer ${'a'.repeat(65_536)}`)],
    'a path of 64 KB': [431, () => head(`GET /${'a'.repeat(65_536)} HTTP/1.1`, host)],
    'a megabyte of chunk extension': [413, () => chunked(`2;${'a'.repeat(1e6)}\r\n{}\r\n0\r\n\r\n`)],
    'a declared length over the cap': [413, () => chat(['Content-Length: 99999999999'])],
    'an expected length over the cap': [413, () => chat(['Content-Length: 99999999', 'Expect: 100-continue'])],
  };

  it.each(Object.keys(cases))('(%s) is refused before it is read', async (name) => {
    const [status, bytes] = cases[name]!;
    const answer = await exchange(port, bytes(), { lingerMs: 1500 });
    expect([answer.status, answer.closed]).toEqual([status, true]);
    expect(errorOf(answer).code).toBe(status === 413 ? 'payload_too_large' : 'invalid_request');
    expect(answer.text).not.toContain('100 Continue');
  });

  it('by streaming is refused on the way, to a client that is still sending', async () => {
    const socket = await openSocket(port, chat(['Transfer-Encoding: chunked'], `10\r\n"${'x'.repeat(15)}\r\n`));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    const megabyte = `100000\r\n${'x'.repeat(2 ** 20)}\r\n`;
    let sent = 0;
    while (!text.includes('\r\n\r\n') && sent < 200) {
      if (!socket.write(megabyte)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
      sent += 1;
    }
    socket.destroy();
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(sent).toBeLessThan(100);
  });
});

describe('a method', () => {
  it.each(['OPTIONS', 'TRACE', 'PATCH', 'PUT', 'DELETE', 'PROPFIND', 'FOO', 'CONNECT', 'HEAD'])(
    '%s that no route has is 405 with Allow',
    async (method) => {
      const target = method === 'CONNECT' ? 'evil.example:80' : '/v1/models';
      const bytes = head(`${method} ${target} HTTP/1.1`, host, 'X-Secret: s3cr3t', 'Connection: close');
      const answer = await exchange(port, bytes, { lingerMs: 1000 });
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toContain('GET');
      expect(answer.text).not.toContain('s3cr3t');
      if (method !== 'HEAD') expect(errorOf(answer).code).toBe('method_not_allowed');
    },
  );

  it('is not overridden by a header', async () => {
    const answer = await exchange(
      port,
      head('GET /v1/chat/completions HTTP/1.1', host, 'X-HTTP-Method-Override: POST'),
    );
    expect(answer.status).toBe(405);
  });
});

describe('a path', () => {
  it.each([
    '//v1/models',
    '/v1/./models',
    '/v1/%2e%2e/admin/status',
    '/V1/models',
    '/v1/models;x',
    '/v1/chat%2fcompletions',
    '/admin/status',
    '/metrics',
    '/%zz',
    '/v1/models/%00',
    '/v1/models/..%2f..%2fetc%2fpasswd',
    `/v1/models/${'a'.repeat(3000)}`,
    `/docs/${'a'.repeat(600)}`,
  ])('%s leads nowhere', async (path) => {
    const answer = await exchange(port, head(`GET ${path} HTTP/1.1`, host));
    expect([400, 404, 405]).toContain(answer.status);
    expect(errorOf(answer).message).not.toMatch(/[^\x20-\x7e]|a{101}/);
  });
});

describe('bytes at random', () => {
  it('leave nothing behind but refusals', async () => {
    const parts = [
      'GET',
      ' ',
      '/v1/models',
      'HTTP/1.1',
      '\r\n',
      '\0',
      ':',
      'Content-Length: 9',
      '\u00ff',
      '{',
      host,
      '\n',
    ];
    let state = 7;
    const draw = (n: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state % n;
    };
    for (let round = 0; round < 60; round += 1) {
      const bytes = `${Array.from({ length: 1 + draw(30) }, () => parts[draw(parts.length)]).join('')}\r\n\r\n\r\n`;
      const answer = await exchange(port, Buffer.from(`${bytes}x`, 'latin1'), { lingerMs: 0 });
      expect(answer.status, JSON.stringify(bytes)).toBeLessThan(500);
    }
  });

  it('sent ahead a hundred times are answered in order', async () => {
    const paths = Array.from({ length: 100 }, (_, index) => `/v1/models/none/m${index}`);
    const bytes = paths.map((path) => head(`GET ${path} HTTP/1.1`, host)).join('');
    const { text } = await exchange(port, bytes, { lingerMs: 400 });
    expect([...text.matchAll(/none\/m(\d+)/g)].map((match) => Number(match[1]))).toEqual(
      paths.map((_, index) => index),
    );
  });
});
