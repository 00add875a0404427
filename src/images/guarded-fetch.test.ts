import type { IncomingMessage } from 'node:http';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  fetchWith,
  type ImageHost,
  openImageHost,
  reply,
  tooLarge,
  uniform,
} from '../../test/fixtures/images/image-host.ts';
import type { Resolve } from './guarded-lookup.ts';
import { maxImageBytes } from './limits.ts';

let host: ImageHost;
beforeAll(async () => {
  host = await openImageHost();
});
afterAll(() => host[Symbol.asyncDispose]());
afterEach(() => vi.unstubAllEnvs());

describe('a download', () => {
  it('is the bytes of the answer', async () => {
    host.answer = reply({}, 'pixels');
    expect(String(await host.get())).toBe('pixels');
  });

  it('carries no cookie, credential or Referer, and takes no proxy from the environment', async () => {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'all_proxy', 'NODE_USE_ENV_PROXY']) {
      vi.stubEnv(name, name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${host.canaryPort}`);
    }
    const seen: IncomingMessage[] = [];
    host.answer = (request, response) => {
      seen.push(request);
      if (request.url === '/') response.writeHead(302, { location: '/next', 'set-cookie': 'a=b' }).end();
      else response.end('x');
    };
    await host.get();
    expect(seen).toHaveLength(2);
    for (const { headers } of seen) {
      expect(Object.keys(headers).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
    }
    expect(host.canaryHits).toBe(0);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('encoded once as %s is decoded', async (encoding, encode) => {
    host.answer = reply({ 'content-encoding': encoding }, encode('pixels'));
    expect(String(await host.get())).toBe('pixels');
  });

  it.each(['gzip, gzip', 'gzip, br', 'zstd', 'gzip,gzip,gzip,gzip'])('encoded as %s is refused', async (encoding) => {
    host.answer = reply({ 'content-encoding': encoding }, gzipSync(gzipSync('x')));
    await expect(host.get()).rejects.toMatchObject(uniform);
  });

  it.each([201, 204, 206, 304, 400, 404, 500])('with status %d is refused', async (status) => {
    host.answer = reply({}, '', status);
    await expect(host.get()).rejects.toMatchObject(uniform);
  });
});

describe('a body', () => {
  it('of exactly 10 MB is taken, of a byte more is not', async () => {
    host.answer = reply({}, Buffer.alloc(maxImageBytes));
    expect(await host.get()).toHaveLength(maxImageBytes);
    host.answer = reply({}, Buffer.alloc(maxImageBytes + 1));
    await expect(host.get()).rejects.toMatchObject(tooLarge);
  });

  it('without end and without a length is cut off', async () => {
    const chunk = Buffer.alloc(64 * 1024);
    let sent = 0;
    let closed: Promise<void> | undefined;
    host.answer = (_, response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        response.once('drain', more);
      };
      more();
    };
    await expect(host.get()).rejects.toMatchObject(tooLarge);
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
    host.answer = reply({ 'content-encoding': encoding }, bomb);
    await expect(host.get()).rejects.toMatchObject(tooLarge);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100e6);
  });

  it('that is no gzip, or half of one, is refused', async () => {
    host.answer = reply({ 'content-encoding': 'gzip' }, 'plain');
    await expect(host.get()).rejects.toMatchObject(uniform);
    host.answer = reply({ 'content-encoding': 'gzip' }, gzipSync('x'.repeat(1000)).subarray(0, 15));
    await expect(host.get()).rejects.toMatchObject(uniform);
  });

  it('shorter than it was announced is refused', async () => {
    host.answer = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('x', () => response.destroy());
    };
    await expect(host.get()).rejects.toMatchObject(uniform);
  });

  it.each(['after the headers', 'in the headers', 'before them'])('that stops %s meets the deadline', async (where) => {
    host.answer = (_, response) => {
      if (where === 'after the headers') response.writeHead(200).write('x');
      if (where === 'in the headers') response.socket!.write('HTTP/1.1 200 OK\r\nx-half:');
    };
    await expect(host.get('/', fetchWith({ totalTimeoutMs: 300 }))).rejects.toMatchObject(uniform);
  });

  it('that trickles meets the deadline all the same', async () => {
    host.answer = (_, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.once('close', () => clearInterval(timer));
    };
    await expect(host.get('/', fetchWith({ totalTimeoutMs: 300 }))).rejects.toMatchObject(uniform);
  });

  it('with endless headers is refused', async () => {
    host.answer = (_, response) => {
      response.socket!.write(`HTTP/1.1 200 OK\r\n${`x: ${'y'.repeat(1000)}\r\n`.repeat(40)}\r\n`);
    };
    await expect(host.get()).rejects.toMatchObject(uniform);
  });
});

describe('a caller that leaves', () => {
  it('ends its download and its connection', async () => {
    const left = new AbortController();
    const closed = new Promise((resolve) => {
      host.answer = (_, response) => {
        response.writeHead(200).write('x');
        response.once('close', resolve);
        left.abort(new Error('the client left'));
      };
    });
    await expect(fetchWith()(new URL(host.url), left.signal)).rejects.toThrow('the client left');
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
