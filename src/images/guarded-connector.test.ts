import type { RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  fetchWith,
  type ImageHost,
  noSignal,
  openImageHost,
  reply,
  uniform,
} from '../../test/fixtures/images/image-host.ts';
import { type AddressGuard, createAddressGuard } from './address-guard.ts';
import type { GuardedFetchOptions } from './guarded-fetch.ts';
import type { Resolve } from './guarded-lookup.ts';

let host: ImageHost;
beforeAll(async () => {
  host = await openImageHost();
});
afterAll(() => host[Symbol.asyncDispose]());

describe('redirects', () => {
  const chain = (hops: number, last: string): RequestListener =>
    function follow(request, response) {
      const hop = Number(request.url!.slice(1));
      if (request.url === '/end' || (hop === hops && last === '')) response.end('pixels');
      else response.writeHead(302, { location: hop === hops ? last : `/${hop + 1}` }).end('body of a redirect');
    };

  it('are followed three times, not four', async () => {
    host.answer = chain(3, '');
    expect(String(await host.get('/0'))).toBe('pixels');
    host.answer = chain(4, '');
    await expect(host.get('/0')).rejects.toMatchObject(uniform);
  });

  it.each([
    () => `http://127.0.0.1:${host.canaryPort}/`,
    () => `http://canary.example:${host.canaryPort}/`,
    () => `http://2130706433:${host.canaryPort}/`,
    () => `//[::ffff:127.0.0.1]:${host.canaryPort}/`,
    () => `http://user:secret@open.example:${new URL(host.url).port}/end`,
    () => 'http://open.example:22/',
    () => 'file:///etc/passwd',
    () => 'data:image/png;base64,AAAA',
    () => 'http://',
  ])('to a place that is not allowed are refused, at every hop (%#)', async (location) => {
    for (const hop of [0, 1, 3]) {
      host.answer = chain(hop, location());
      await expect(host.get('/0')).rejects.toMatchObject(uniform);
    }
    expect(host.canaryHits).toBe(0);
  });

  it('without a location are refused', async () => {
    host.answer = reply({}, '', 302);
    await expect(host.get()).rejects.toMatchObject(uniform);
  });
});

describe('an address that is not public', () => {
  const hosts = ['127.0.0.1', 'localhost.example', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433'];

  it.each(hosts)('%s is never connected to', async (name) => {
    const url = new URL(`http://${name}:${host.canaryPort}/`);
    await expect(fetchWith()(url, noSignal)).rejects.toMatchObject(uniform);
    expect(host.canaryHits).toBe(0);
  });

  it('among the answers for a name spoils them all', async () => {
    const both: Resolve = async () => [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    const url = new URL(`http://both.example:${host.canaryPort}/`);
    await expect(fetchWith({ resolve: both })(url, noSignal)).rejects.toMatchObject(uniform);
    expect(host.canaryHits).toBe(0);
  });

  it('cannot be slipped in by a name that changes its answer between two questions', async () => {
    const answers = ['127.0.0.1', '0.0.0.0']; // The second leads to the same server, and is not opened.
    let questions = 0;
    const rebinding: Resolve = async () => {
      questions += 1;
      return [{ address: answers[(questions - 1) % 2]!, family: 4 }];
    };
    let hits = 0;
    host.answer = (_, response) => {
      hits += 1;
      response.end('pixels');
    };
    const fetch = fetchWith({ guard: createAddressGuard(['127.0.0.1']), resolve: rebinding });
    const url = new URL(`http://rebinding.example:${new URL(host.url).port}/`);
    for (let round = 0; round < 3; round += 1) {
      expect(String(await fetch(url, noSignal))).toBe('pixels');
      await expect(fetch(url, noSignal)).rejects.toMatchObject(uniform);
    }
    expect({ questions, hits }).toEqual({ questions: 6, hits: 3 });
  });

  it('is noticed on the socket, should a resolver have hidden it', async () => {
    let bytes = 0;
    const listener = createTcpServer((socket) => socket.on('data', (chunk) => (bytes += chunk.length)));
    const port = await host.listen(listener);
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
    const hangingPort = await host.listen(hanging);
    const cases: [string, Partial<GuardedFetchOptions>][] = [
      [`http://127.0.0.1:${host.canaryPort}/`, {}],
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
