// Images over the real API: real decode processes, and a worker that tells what it saw.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as make from '../fixtures/images/make-images.ts';
import { dataUri, errorOf, type ImageWorld, image, openImageWorld, pngOf, solid, text, user } from './image-world.ts';
import { jsonOf, post, readStream, until } from './test-server.ts';

const limit = 10 * 1024 * 1024;
let world: ImageWorld;
beforeAll(async () => {
  world = await openImageWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

describe('an image', () => {
  it('comes as a data URI, from an allowed host, and from an allowed folder', async () => {
    writeFileSync(join(world.folder, 'a b.png'), world.green);
    world.served = world.blue;
    const url = `http://localhost:${world.port}/x.svg`;
    const path = join(world.folder, 'a b.png');
    const told = await world.said([
      user(image(dataUri(world.red)), image(url), image(path), image(`file://${encodeURI(path)}`)),
    ]);
    expect(told).toBe('user: <20x10 255,0,0>|<512x256 0,0,255>|<10x20 0,255,0>|<10x20 0,255,0>');
  });

  it('keeps its place among texts, turns and roles', async () => {
    const told = await world.said([
      { role: 'system', content: 'be brief' },
      user(text('first'), image(dataUri(world.red)), text('second'), image(dataUri(world.green))),
      { role: 'assistant', content: [text('I see')] },
      user(image(dataUri(world.green)), text('and this?')),
      { role: 'user', content: [text('just'), text('text')] },
    ]);
    expect(told.split('\n')).toEqual([
      'system: be brief',
      'user: first|<20x10 255,0,0>|second|<10x20 0,255,0>',
      'assistant: I see',
      'user: <10x20 0,255,0>|and this?',
      'user: just',
      'text',
    ]);
  });

  it('may be named by a plain string, with a detail, and in a stream', async () => {
    const plain = { type: 'image_url', image_url: dataUri(world.red) };
    const detailed = { type: 'image_url', image_url: { url: dataUri(world.red), detail: 'low' } };
    expect(await world.said([user(plain, detailed)])).toBe('user: <20x10 255,0,0>|<20x10 255,0,0>');
    const { text: streamed, done } = await readStream(await world.askFor([user(plain)], { stream: true }));
    expect([streamed, done]).toEqual(['user: <20x10 255,0,0>', true]);
  });

  it('is fetched once, however often a request names it and however many choices it asks for', async () => {
    world.requests.length = 0;
    world.served = world.red;
    const url = `http://localhost:${world.port}/once.png`;
    const body = await jsonOf(world.askFor([user(image(url), image(url))], { n: 3 }));
    expect(body.choices.map((choice: { message: { content: string } }) => choice.message.content)).toEqual(
      Array.from({ length: 3 }, () => 'user: <20x10 255,0,0>|<20x10 255,0,0>'),
    );
    expect(world.requests).toHaveLength(1);
  });

  it('seen before comes from the cache, by its bytes and not by its name', async () => {
    const totals = async () => (await jsonOf(fetch(`${world.server.adminUrl}/admin/status`))).totals;
    const fresh = await solid(33, 44, [1, 2, 3]);
    const before = await totals();
    world.served = fresh;
    await world.said([user(image(dataUri(fresh)))]);
    await world.said([user(image(`http://localhost:${world.port}/any`))]);
    world.served = await solid(33, 44, [3, 2, 1]);
    expect(await world.said([user(image(`http://localhost:${world.port}/any`))])).toBe('user: <33x44 3,2,1>');
    const after = await totals();
    expect([after.images - before.images, after.imageCacheHits - before.imageCacheHits]).toEqual([3, 1]);
  });

  it.each([0.4e6, 0.6e6, 1.6e6, 3e6, 9.9e6, limit])('of %d bytes is answered', async (bytes) => {
    const file = pngOf(bytes);
    expect(file).toHaveLength(bytes);
    expect(await world.said([user(image(dataUri(file)))])).toBe('user: <30x30 0,0,0>');
  });

  it('may be one of five of 10 MB', async () => {
    const five = [1, 2, 3, 4, 5].map((level) => {
      const file = pngOf(limit);
      file[file.length - 400_000] = level; // Checksum wrong in a chunk that nobody reads, and so five different files.
      return image(dataUri(file));
    });
    const response = await world.askFor([user(...five)]);
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('30x30')]);
  });
});

describe('a request is refused with the limit named', () => {
  const param = 'messages[1].content';
  const ask = (...parts: unknown[]) => errorOf(world.askFor([{ role: 'system', content: 'x' }, user(...parts)]));

  it('for an image of 10 MB and a byte', async () => {
    const error = await ask(image(dataUri(world.red)), image(dataUri(pngOf(limit + 1))));
    expect(error).toMatchObject({ status: 400, code: 'image_too_large', param });
    expect(error.message).toBe('Image 2 is larger than 10 MB (10485760 bytes).');
    world.served = pngOf(limit + 1);
    expect(await ask(image(`http://localhost:${world.port}/`))).toMatchObject({ code: 'image_too_large', param });
    writeFileSync(join(world.folder, 'large.png'), world.served);
    expect(await ask(image(join(world.folder, 'large.png')))).toMatchObject({ code: 'image_too_large', param });
  });

  it('for six images', async () => {
    const error = await ask(...Array.from({ length: 6 }, () => image(dataUri(world.red))));
    expect(error).toMatchObject({ status: 400, code: 'too_many_images', param, message: expect.stringContaining('5') });
  });

  it('for a side of 4097 pixels', async () => {
    const error = await ask(image(dataUri(make.png({ width: 4097, height: 2 }))));
    expect(error).toMatchObject({ status: 400, code: 'image_too_large', param });
    expect(error.message).toBe('Image 1 has more than 4096 × 4096 pixels.');
  });

  it('for an image that a text model should see, before it is fetched', async () => {
    world.requests.length = 0;
    const parts = user(text('x'), image(`http://localhost:${world.port}/`));
    expect(await errorOf(world.askFor([parts], { model: 'test/counts' }))).toMatchObject({
      status: 400,
      code: 'model_unsupported',
    });
    expect(world.requests).toHaveLength(0);
  });

  it('for addresses and files that are not allowed, in one way each', async () => {
    world.requests.length = 0;
    const told = new Set<string>();
    for (const host of ['127.0.0.1', '[::1]', '2130706433', '0.0.0.0', '169.254.169.254', 'nowhere.invalid']) {
      const error = await ask(image(`http://${host}:${world.port}/`));
      expect(error).toMatchObject({ status: 400, code: 'image_refused', param });
      told.add(error.message);
    }
    expect([...told]).toEqual(['Image 1 could not be fetched from its address.']);
    expect(world.requests).toHaveLength(0);
    told.clear();
    for (const path of [
      '/etc/passwd',
      '/no/such/file',
      world.folder,
      `${world.folder}/../x`,
      `file://${world.folder}/missing`,
    ]) {
      const error = await ask(image(path));
      expect(error).toMatchObject({ status: 400, code: 'image_refused', param });
      expect(error.message).not.toContain(path);
      told.add(error.message);
    }
    expect(told.size).toBe(1);
  });

  it('for a malformed part', async () => {
    for (const part of [
      { type: 'image_url' },
      { type: 'image_url', image_url: {} },
      { type: 'image_url', image_url: { url: 7 } },
      { type: 'image_url', image_url: null },
    ]) {
      expect(await ask(part)).toMatchObject({ status: 400, code: 'invalid_request' });
    }
    for (const url of ['', 'x', 'data:image/png;base64,', 'data:image/png;base64,****', 'javascript:alert(1)']) {
      expect(await ask(image(url))).toMatchObject({ status: 400, code: 'image_refused', param });
    }
  });
});

describe('a client that leaves', () => {
  it('ends the download of its image', async () => {
    world.requests.length = 0;
    const left = new AbortController();
    const body = { model: 'test/sees-images', messages: [user(image(`http://localhost:${world.port}/hangs`))] };
    const answer = post(world.chat, body, { signal: left.signal }).catch(() => 'left');
    await until(() => world.requests.length === 1);
    const closed = new Promise((resolve) => world.requests[0]!.socket.once('close', resolve));
    left.abort();
    expect(await answer).toBe('left');
    await closed;
  });
});
