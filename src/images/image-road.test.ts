import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImageHost, openImageHost } from '../../test/fixtures/images/image-host.ts';
import { systemClock } from '../core/index.ts';
import { createImageRoad, type ImageRoad } from './image-road.ts';

let host: ImageHost;
let road: ImageRoad;
beforeAll(async () => {
  host = await openImageHost();
  road = createImageRoad({
    allowedFolders: [],
    allowedHosts: ['open.example'],
    maxDimension: 512,
    cache: { maxEntries: 20, ttlMs: 1000 },
    decoder: { program: fileURLToPath(new URL('../../test/fixtures/decoders/answers.mjs', import.meta.url)) },
    clock: systemClock,
    network: { resolve: async () => [{ address: '127.0.0.1', family: 4 }], totalTimeoutMs: 60_000 },
  });
});
afterAll(async () => {
  await road.close();
  await host[Symbol.asyncDispose]();
});

const gif = (mark: string): string => `data:image/gif;base64,${Buffer.from(`GIF89a${mark}`).toString('base64')}`;
const named = (...sources: string[]) =>
  sources.map((source, index) => ({ source, param: `messages[${index}].content` }));
const prepare = (sources: string[], signal = new AbortController().signal) =>
  road.prepare(named(...sources), { signal });

describe('the images of a request', () => {
  it('are one for each source, however often it is named', async () => {
    const { images, cacheHits } = await prepare([gif('a'), gif('b'), gif('a')]);
    expect([...images.keys()]).toEqual([gif('a'), gif('b')]);
    expect(cacheHits).toBe(0);
    expect((await prepare([gif('b'), gif('c')])).cacheHits).toBe(1);
    const text = `data:image/gif;base64,${Buffer.from('text').toString('base64')}`;
    await expect(prepare([gif('a'), text, text])).rejects.toThrow('Image 2 is no JPEG');
  });

  it('are five at the most, the same one counted as often as it is named', async () => {
    await prepare(Array.from({ length: 5 }, () => gif('a')));
    await expect(prepare(Array.from({ length: 6 }, () => gif('a')))).rejects.toMatchObject({
      code: 'too_many_images',
      param: 'messages[5].content',
    });
  });

  it('are all looked at before any of them is fetched', async () => {
    let hits = 0;
    host.answer = (_, response) => {
      hits += 1;
      response.end('GIF89a');
    };
    await expect(prepare([`${host.url}/a`, 'nonsense'])).rejects.toMatchObject({
      code: 'image_refused',
      param: 'messages[1].content',
      message: expect.stringMatching(/^Image 2 is none of these/),
    });
    expect(hits).toBe(0);
  });

  it('are given up together: one that is refused ends the download of the others', async () => {
    const closed = new Promise<void>((resolve) => {
      host.answer = (request, response) => {
        if (request.url === '/text') response.end('text');
        else response.once('close', resolve);
      };
    });
    await expect(prepare([`${host.url}/hangs`, `${host.url}/text`])).rejects.toMatchObject({
      code: 'image_refused',
      message: 'Image 2 is no JPEG, PNG, WebP, GIF or BMP.',
    });
    await closed;
  });

  it('are left by a client that leaves, with the reason it gave', async () => {
    const left = new AbortController();
    host.answer = () => left.abort(new Error('the client left'));
    await expect(prepare([`${host.url}/hangs`], left.signal)).rejects.toThrow('the client left');
    await expect(prepare([gif('a')], left.signal)).rejects.toThrow('the client left');
  });
});
