import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AddressGuard, createAddressGuard } from './address-guard.ts';
import { createGuardedFetch, type GuardedFetchOptions } from './guarded-fetch.ts';
import type { Resolve } from './guarded-lookup.ts';
import { maxImageBytes } from './limits.ts';

/** Names under which the test's own server is opened; every other name on loopback is as forbidden as loopback. */
const loopback: Resolve = async (name) => {
  if (!name.endsWith('.example')) throw new Error(`ENOTFOUND ${name}`);
  return [{ address: '127.0.0.1', family: 4 }];
};
const patience = { connectTimeoutMs: 5000, totalTimeoutMs: 10_000 };
const fetchWith = (more: Partial<GuardedFetchOptions> = {}) =>
  createGuardedFetch({ guard: createAddressGuard(['open.example']), resolve: loopback, ...patience, ...more });
const noSignal = new AbortController().signal;

const sockets = new Set<Socket>();
const listen = async (server: Server | TcpServer): Promise<number> => {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

let answer: RequestListener = (_, response) => response.end();
const server = createServer((request, response) => answer(request, response));
let canaryHits = 0;
const canary = createTcpServer(() => {
  canaryHits += 1;
});
let open = '';
let canaryPort = 0;

beforeAll(async () => {
  open = `http://open.example:${await listen(server)}`;
  canaryPort = await listen(canary);
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
  canary.close();
});
afterEach(() => vi.unstubAllEnvs());

const get = (path = '/', fetch = fetchWith()): Promise<Buffer> => fetch(new URL(path, open), noSignal);
const uniform = { code: 'image_refused', message: 'could not be fetched from its address' };
const tooLarge = { code: 'image_too_large' };
const reply = (headers: Record<string, string>, body: string | Buffer, status = 200): RequestListener =>
  function replyOnce(_: IncomingMessage, response: ServerResponse) {
    response.writeHead(status, headers).end(body);
  };

describe('a download', () => {
  it('is the bytes of the answer', async () => {
    answer = reply({}, 'pixels');
    expect(String(await get())).toBe('pixels');
  });

  it('carries no cookie, credential or Referer, and takes no proxy from the environment', async () => {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'all_proxy', 'NODE_USE_ENV_PROXY']) {
      vi.stubEnv(name, name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${canaryPort}`);
    }
    const seen: IncomingMessage[] = [];
    answer = (request, response) => {
      seen.push(request);
      if (request.url === '/') response.writeHead(302, { location: '/next', 'set-cookie': 'a=b' }).end();
      else response.end('x');
    };
    await get();
    expect(seen).toHaveLength(2);
    for (const { headers } of seen) {
      expect(Object.keys(headers).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
    }
    expect(canaryHits).toBe(0);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('encoded once as %s is decoded', async (encoding, encode) => {
    answer = reply({ 'content-encoding': encoding }, encode('pixels'));
    expect(String(await get())).toBe('pixels');
  });

  it.each(['gzip, gzip', 'gzip, br', 'zstd', 'gzip,gzip,gzip,gzip'])('encoded as %s is refused', async (encoding) => {
    answer = reply({ 'content-encoding': encoding }, gzipSync(gzipSync('x')));
    await expect(get()).rejects.toMatchObject(uniform);
  });

  it.each([201, 204, 206, 304, 400, 404, 500])('with status %d is refused', async (status) => {
    answer = reply({}, '', status);
    await expect(get()).rejects.toMatchObject(uniform);
  });
});

describe('a body', () => {
  it('of exactly 10 MB is taken, of a byte more is not', async () => {
    answer = reply({}, Buffer.alloc(maxImageBytes));
    expect(await get()).toHaveLength(maxImageBytes);
    answer = reply({}, Buffer.alloc(maxImageBytes + 1));
    await expect(get()).rejects.toMatchObject(tooLarge);
  });

  it('without end and without a length is cut off', async () => {
    const chunk = Buffer.alloc(64 * 1024);
    let sent = 0;
    let closed: Promise<void> | undefined;
    answer = (_, response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        response.once('drain', more);
      };
      more();
    };
    await expect(get()).rejects.toMatchObject(tooLarge);
    await closed;
    expect(sent).toBeLessThan(4 * maxImageBytes);
  });

  it.each([
    ['gzip', gzipSync],
    ['br', (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])('that is a %s bomb is cut off', async (encoding, encode) => {
    const bomb = encode(Buffer.alloc(128 * 1024 ** 2));
    expect(bomb.length).toBeLessThan(maxImageBytes);
    const before = process.memoryUsage().arrayBuffers;
    answer = reply({ 'content-encoding': encoding }, bomb);
    await expect(get()).rejects.toMatchObject(tooLarge);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100e6);
  });

  it('that is no gzip, or half of one, is refused', async () => {
    answer = reply({ 'content-encoding': 'gzip' }, 'plain');
    await expect(get()).rejects.toMatchObject(uniform);
    answer = reply({ 'content-encoding': 'gzip' }, gzipSync('x'.repeat(1000)).subarray(0, 15));
    await expect(get()).rejects.toMatchObject(uniform);
  });

  it('shorter than it was announced is refused', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('x', () => response.destroy());
    };
    await expect(get()).rejects.toMatchObject(uniform);
  });

  it.each(['after the headers', 'in the headers', 'before them'])('that stops %s meets the deadline', async (where) => {
    answer = (_, response) => {
      if (where === 'after the headers') response.writeHead(200).write('x');
      if (where === 'in the headers') response.socket!.write('HTTP/1.1 200 OK\r\nx-half:');
    };
    await expect(get('/', fetchWith({ totalTimeoutMs: 300 }))).rejects.toMatchObject(uniform);
  });

  it('that trickles meets the deadline all the same', async () => {
    answer = (_, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.once('close', () => clearInterval(timer));
    };
    await expect(get('/', fetchWith({ totalTimeoutMs: 300 }))).rejects.toMatchObject(uniform);
  });

  it('with endless headers is refused', async () => {
    answer = (_, response) => {
      response.socket!.write(`HTTP/1.1 200 OK\r\n${`x: ${'y'.repeat(1000)}\r\n`.repeat(40)}\r\n`);
    };
    await expect(get()).rejects.toMatchObject(uniform);
  });
});

describe('redirects', () => {
  const chain = (hops: number, last: string): RequestListener =>
    function follow(request, response) {
      const hop = Number(request.url!.slice(1));
      if (hop === hops && last === '') response.end('pixels');
      else response.writeHead(302, { location: hop === hops ? last : `/${hop + 1}` }).end('body of a redirect');
    };

  it('are followed three times, not four', async () => {
    answer = chain(3, '');
    expect(String(await get('/0'))).toBe('pixels');
    answer = chain(4, '');
    await expect(get('/0')).rejects.toMatchObject(uniform);
  });

  it.each([
    () => `http://127.0.0.1:${canaryPort}/`,
    () => `http://canary.example:${canaryPort}/`,
    () => `http://2130706433:${canaryPort}/`,
    () => `//[::ffff:127.0.0.1]:${canaryPort}/`,
    () => `http://user:secret@open.example:${new URL(open).port}/`,
    () => 'http://open.example:22/',
    () => 'file:///etc/passwd',
    () => 'data:image/png;base64,AAAA',
    () => 'http://',
  ])('to a place that is not allowed are refused, at every hop (%#)', async (location) => {
    for (const hop of [0, 1, 3]) {
      answer = chain(hop, location());
      await expect(get('/0')).rejects.toMatchObject(uniform);
    }
    expect(canaryHits).toBe(0);
  });

  it('without a location are refused', async () => {
    answer = reply({}, '', 302);
    await expect(get()).rejects.toMatchObject(uniform);
  });
});

describe('an address that is not public', () => {
  const hosts = ['127.0.0.1', 'localhost.example', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433'];

  it.each(hosts)('%s is never connected to', async (host) => {
    const url = new URL(`http://${host}:${canaryPort}/`);
    await expect(fetchWith()(url, noSignal)).rejects.toMatchObject(uniform);
    expect(canaryHits).toBe(0);
  });

  it('among the answers for a name spoils them all', async () => {
    const both: Resolve = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    const url = new URL(`http://both.example:${canaryPort}/`);
    await expect(fetchWith({ resolve: both })(url, noSignal)).rejects.toMatchObject(uniform);
    expect(canaryHits).toBe(0);
  });

  it('cannot be slipped in by a name that changes its answer between two questions', async () => {
    const answers = ['127.0.0.1', '0.0.0.0']; // The second leads to the same server, and is not opened.
    let questions = 0;
    const rebinding: Resolve = async () => {
      questions += 1;
      return [{ address: answers[(questions - 1) % 2]!, family: 4 }];
    };
    let hits = 0;
    answer = (_, response) => {
      hits += 1;
      response.end('pixels');
    };
    const fetch = fetchWith({ guard: createAddressGuard(['127.0.0.1']), resolve: rebinding });
    const url = new URL(`http://rebinding.example:${new URL(open).port}/`);
    for (let round = 0; round < 3; round += 1) {
      expect(String(await fetch(url, noSignal))).toBe('pixels');
      await expect(fetch(url, noSignal)).rejects.toMatchObject(uniform);
    }
    expect({ questions, hits }).toEqual({ questions: 6, hits: 3 });
  });

  it('is noticed on the socket, should a resolver have hidden it', async () => {
    let bytes = 0;
    const listener = createTcpServer((socket) => socket.on('data', (chunk) => (bytes += chunk.length)));
    const port = await listen(listener);
    const ended = new Promise((resolve) => listener.once('connection', (socket) => socket.once('close', resolve)));
    let asked = 0;
    const fooled: AddressGuard = {
      allows: () => {
        asked += 1;
        return asked === 1;
      },
    };
    const url = new URL(`http://fooled.example:${port}/`);
    await expect(fetchWith({ guard: fooled })(url, noSignal)).rejects.toMatchObject(uniform);
    await ended;
    listener.close();
    expect({ asked, bytes }).toEqual({ asked: 2, bytes: 0 });
  });
});

describe('a failure', () => {
  it('reads the same whether an address is blocked, refuses, hangs, or has no name', async () => {
    const silent: Resolve = () => new Promise(() => {});
    const hanging = createTcpServer(() => {});
    const hangingPort = await listen(hanging);
    const cases: [string, Partial<GuardedFetchOptions>][] = [
      [`http://127.0.0.1:${canaryPort}/`, {}],
      [`http://open.example:${hangingPort}/`, { totalTimeoutMs: 200 }],
      ['http://open.example:1025/', {}],
      ['http://nowhere.invalid/', {}],
      ['http://silent.example/', { resolve: silent, totalTimeoutMs: 200 }],
    ];
    const told = await Promise.all(
      cases.map(([url, more]) =>
        fetchWith(more)(new URL(url), noSignal).then(
          () => 'an answer',
          (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
        ),
      ),
    );
    expect(new Set(told)).toEqual(new Set([`${uniform.code}: ${uniform.message}`]));
    hanging.close();
  });
});

describe('a caller that leaves', () => {
  it('ends its download and its connection', async () => {
    const left = new AbortController();
    const closed = new Promise((resolve) => {
      answer = (_, response) => {
        response.writeHead(200).write('x');
        response.once('close', resolve);
        left.abort(new Error('the client left'));
      };
    });
    await expect(fetchWith()(new URL(open), left.signal)).rejects.toThrow('the client left');
    await closed;
  });

  it('does not wait for a name server that is silent', async () => {
    const left = new AbortController();
    const silent: Resolve = () => {
      left.abort(new Error('the client left'));
      return new Promise(() => {});
    };
    const patient = { resolve: silent, connectTimeoutMs: 60_000, totalTimeoutMs: 60_000 };
    const fetching = fetchWith(patient)(new URL('http://silent.example/'), left.signal);
    await expect(fetching).rejects.toThrow('the client left');
  });
});
