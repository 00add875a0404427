// Images over the real API: real decode processes, and a worker that tells what it saw.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { terminalChat } from '../../src/cli/terminal-chat.ts';
import * as make from '../fixtures/images/make-images.ts';
import { isAlive, jsonOf, post, readStream, startTestServer, type TestServer, until } from './test-server.ts';

const limit = 10 * 1024 * 1024;
let test: TestServer;
let chat = '';
let folder = '';
let served: Buffer = Buffer.alloc(0);
const requests: IncomingMessage[] = [];
const imageHost = createServer((request, response) => {
  requests.push(request);
  if (request.url === '/hangs') return;
  response.end(served);
});
let imagePort = 0;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'mlx-images-')));
  await new Promise<void>((resolve) => imageHost.listen(0, '127.0.0.1', resolve));
  imagePort = (imageHost.address() as AddressInfo).port;
  test = await startTestServer(['sees-images', 'counts'], {
    allowedLocalMediaPath: [folder],
    imageAllowedHosts: ['localhost'],
    visionMaxDimension: 512,
  });
  chat = `${test.server.apiUrl}/v1/chat/completions`;
});
afterAll(async () => {
  await test[Symbol.asyncDispose]();
  imageHost.closeAllConnections();
  imageHost.close();
  rmSync(folder, { recursive: true, force: true });
});

const dataUri = (file: Buffer, type = 'png'): string => `data:image/${type};base64,${file.toString('base64')}`;
const image = (url: string) => ({ type: 'image_url', image_url: { url } });
const text = (words: string) => ({ type: 'text', text: words });
const user = (...content: unknown[]) => ({ role: 'user', content });
const askFor = (messages: unknown[], more: object = {}, model = 'sees-images'): Promise<Response> =>
  post(chat, { model: `test/${model}`, messages, ...more });
const said = async (messages: unknown[], more: object = {}): Promise<string> => {
  const response = await askFor(messages, more);
  const body = await jsonOf(response);
  expect(body.error).toBeUndefined();
  return body.choices[0].message.content;
};
const errorOf = async (response: Response | Promise<Response>) => {
  const settled = await response;
  return { status: settled.status, ...(await jsonOf(settled)).error };
};

const solid = (width: number, height: number, colour: make.Colour): Promise<Buffer> =>
  make.plain(width, height, colour).png().toBuffer();
let red: Buffer;
let green: Buffer;
let blue: Buffer;
beforeAll(async () => {
  [red, green, blue] = await Promise.all([
    solid(20, 10, [255, 0, 0]),
    solid(10, 20, [0, 255, 0]),
    solid(1000, 500, [0, 0, 255]),
  ]);
});

/** A PNG of exactly so many bytes: a small image and a chunk that nobody reads. */
const pngOf = (bytes: number): Buffer => {
  const bare = make.png({ width: 30, height: 30 });
  const filler = make.chunk('fiLl', Buffer.alloc(bytes - bare.length - 12, 7));
  return make.png({ width: 30, height: 30 }, { width: 30, height: 30 }, [filler]);
};

describe('an image', () => {
  it('comes as a data URI, from an allowed host, and from an allowed folder', async () => {
    writeFileSync(join(folder, 'a b.png'), green);
    served = blue;
    const url = `http://localhost:${imagePort}/x.svg`;
    const path = join(folder, 'a b.png');
    const told = await said([user(image(dataUri(red)), image(url), image(path), image(`file://${encodeURI(path)}`))]);
    expect(told).toBe('user: <20x10 255,0,0>|<512x256 0,0,255>|<10x20 0,255,0>|<10x20 0,255,0>');
  });

  it('keeps its place among texts, turns and roles', async () => {
    const told = await said([
      { role: 'system', content: 'be brief' },
      user(text('first'), image(dataUri(red)), text('second'), image(dataUri(green))),
      { role: 'assistant', content: [text('I see')] },
      user(image(dataUri(green)), text('and this?')),
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
    const plain = { type: 'image_url', image_url: dataUri(red) };
    const detailed = { type: 'image_url', image_url: { url: dataUri(red), detail: 'low' } };
    expect(await said([user(plain, detailed)])).toBe('user: <20x10 255,0,0>|<20x10 255,0,0>');
    const { text: streamed, done } = await readStream(await askFor([user(plain)], { stream: true }));
    expect([streamed, done]).toEqual(['user: <20x10 255,0,0>', true]);
  });

  it('is fetched once, however often a request names it and however many choices it asks for', async () => {
    requests.length = 0;
    served = red;
    const url = `http://localhost:${imagePort}/once.png`;
    const body = await jsonOf(askFor([user(image(url), image(url))], { n: 3 }));
    expect(body.choices.map((choice: { message: { content: string } }) => choice.message.content)).toEqual(
      Array.from({ length: 3 }, () => 'user: <20x10 255,0,0>|<20x10 255,0,0>'),
    );
    expect(requests).toHaveLength(1);
  });

  it('seen before comes from the cache, by its bytes and not by its name', async () => {
    const totals = async () => (await jsonOf(fetch(`${test.server.adminUrl}/admin/status`))).totals;
    const fresh = await solid(33, 44, [1, 2, 3]);
    const before = await totals();
    served = fresh;
    await said([user(image(dataUri(fresh)))]);
    await said([user(image(`http://localhost:${imagePort}/any`))]);
    served = await solid(33, 44, [3, 2, 1]);
    expect(await said([user(image(`http://localhost:${imagePort}/any`))])).toBe('user: <33x44 3,2,1>');
    const after = await totals();
    expect([after.images - before.images, after.imageCacheHits - before.imageCacheHits]).toEqual([3, 1]);
  });

  it.each([0.4e6, 0.6e6, 1.6e6, 3e6, 9.9e6, limit])('of %d bytes is answered', async (bytes) => {
    const file = pngOf(bytes);
    expect(file).toHaveLength(bytes);
    expect(await said([user(image(dataUri(file)))])).toBe('user: <30x30 0,0,0>');
  });

  it('may be one of five of 10 MB', async () => {
    const five = [1, 2, 3, 4, 5].map((level) => {
      const file = pngOf(limit);
      file[file.length - 400_000] = level; // Checksum wrong in a chunk that nobody reads, and so five different files.
      return image(dataUri(file));
    });
    const response = await askFor([user(...five)]);
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('30x30')]);
  });
});

describe('a request is refused with the limit named', () => {
  const param = 'messages[1].content';
  const ask = (...parts: unknown[]) => errorOf(askFor([{ role: 'system', content: 'x' }, user(...parts)]));

  it('for an image of 10 MB and a byte', async () => {
    const error = await ask(image(dataUri(red)), image(dataUri(pngOf(limit + 1))));
    expect(error).toMatchObject({ status: 400, code: 'image_too_large', param });
    expect(error.message).toBe('Image 2 is larger than 10 MB (10485760 bytes).');
    served = pngOf(limit + 1);
    expect(await ask(image(`http://localhost:${imagePort}/`))).toMatchObject({ code: 'image_too_large', param });
    writeFileSync(join(folder, 'large.png'), served);
    expect(await ask(image(join(folder, 'large.png')))).toMatchObject({ code: 'image_too_large', param });
  });

  it('for six images', async () => {
    const error = await ask(...Array.from({ length: 6 }, () => image(dataUri(red))));
    expect(error).toMatchObject({ status: 400, code: 'too_many_images', param, message: expect.stringContaining('5') });
  });

  it('for a side of 4097 pixels', async () => {
    const error = await ask(image(dataUri(make.png({ width: 4097, height: 2 }))));
    expect(error).toMatchObject({ status: 400, code: 'image_too_large', param });
    expect(error.message).toBe('Image 1 has more than 4096 × 4096 pixels.');
  });

  it('for an image that a text model should see, before it is fetched', async () => {
    requests.length = 0;
    const parts = user(text('x'), image(`http://localhost:${imagePort}/`));
    expect(await errorOf(askFor([parts], {}, 'counts'))).toMatchObject({ status: 400, code: 'model_unsupported' });
    expect(requests).toHaveLength(0);
  });

  it('for addresses and files that are not allowed, in one way each', async () => {
    requests.length = 0;
    const told = new Set<string>();
    for (const host of ['127.0.0.1', '[::1]', '2130706433', '0.0.0.0', '169.254.169.254', 'nowhere.invalid']) {
      const error = await ask(image(`http://${host}:${imagePort}/`));
      expect(error).toMatchObject({ status: 400, code: 'image_refused', param });
      told.add(error.message);
    }
    expect([...told]).toEqual(['Image 1 could not be fetched from its address.']);
    expect(requests).toHaveLength(0);
    told.clear();
    for (const path of ['/etc/passwd', '/no/such/file', folder, `${folder}/../x`, `file://${folder}/missing`]) {
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

describe('the command line', () => {
  const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

  it('sends the files of --image with the prompt', async () => {
    const files = [red, green].map((file, index) => {
      const path = join(folder, `${index}.bin`);
      writeFileSync(path, file);
      return ['--image', path];
    });
    const ports = ['--port', new URL(test.server.apiUrl).port, '--admin-port', new URL(test.server.adminUrl).port];
    const args = [program, 'run', 'test/sees-images', 'what', 'is this?', ...files.flat(), ...ports];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toBe('user: <20x10 255,0,0>|<10x20 0,255,0>|what is this?\n');
    const none = promisify(execFile)(process.execPath, [...args, '--image', '/no/such/file']);
    await expect(none).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('/no/such/file') });
  });

  it('shows images in a chat, by command and by pasted path, once', async () => {
    const path = join(folder, "it's a photo.png");
    writeFileSync(path, red);
    const pasted = path.replace(/[ ']/g, '\\$&');
    const asked = [`/image ${folder}/none.png`, '/image', `/image "${path}"`, pasted, 'two?', 'none?'];
    const lines = [...asked, '/clear', `is ${pasted} one?`];
    const [input, output] = [new PassThrough(), new PassThrough()];
    const images = [{ type: 'image_url', image_url: { url: dataUri(blue) } }] as const;
    const chatting = terminalChat({ apiUrl: test.server.apiUrl, model: 'test/sees-images', images, input, output });
    input.end(`${lines.join('\n')}\n`);
    await chatting;
    output.end();
    const shown = await readText(output);
    const three = 'user: <512x256 0,0,255>|<20x10 255,0,0>|<20x10 255,0,0>|two?';
    expect(shown).toContain(`There is no file ${folder}/none.png.`);
    expect(shown).toContain('Name an image file.');
    expect(shown).toContain('3 images go with your next message.');
    expect(shown).toContain(`${three}\n`);
    expect(shown).toContain(`assistant: ${three}\nuser: none?`);
    expect(shown).toContain(`>>> user: is ${pasted} one?\n`);
  });
});

describe('a client that leaves', () => {
  it('ends the download of its image', async () => {
    requests.length = 0;
    const left = new AbortController();
    const body = { model: 'test/sees-images', messages: [user(image(`http://localhost:${imagePort}/hangs`))] };
    const answer = post(chat, body, { signal: left.signal }).catch(() => 'left');
    await until(() => requests.length === 1);
    const closed = new Promise((resolve) => requests[0]!.socket.once('close', resolve));
    left.abort();
    expect(await answer).toBe('left');
    await closed;
  });
});

describe('a decode process', () => {
  it('ends with a server that is killed', async () => {
    const program = fileURLToPath(new URL('../fixtures/images/holds-decoder.mjs', import.meta.url));
    const server = spawn(process.execPath, [program, dataUri(red)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(server.stdout, 'data');
    const [pid]: number[] = JSON.parse(String(line));
    expect(isAlive(pid!)).toBe(true);
    server.kill('SIGKILL');
    await until(() => !isAlive(pid!), 5000);
  });

  it('that is killed is replaced, and nobody notices', async () => {
    await said([user(image(dataUri(await solid(5, 5, [1, 1, 1]))))]);
    for (const pid of test.server.images.pids) process.kill(pid, 'SIGKILL');
    expect(await said([user(image(dataUri(await solid(5, 5, [2, 2, 2]))))])).toBe('user: <5x5 2,2,2>');
  });

  it('gets no secret of the environment', async () => {
    if (process.platform !== 'linux') return;
    await said([user(image(dataUri(await solid(5, 5, [3, 3, 3]))))]);
    const environment = readFileSync(`/proc/${test.server.images.pids[0]}/environ`, 'utf8');
    expect(
      environment
        .split('\0')
        .map((entry) => entry.split('=')[0])
        .sort(),
    ).toEqual(['', 'MALLOC_ARENA_MAX', 'UV_THREADPOOL_SIZE']);
  });
});

describe('hostile files', () => {
  const residentBytes = (pid: number): number =>
    process.platform === 'linux'
      ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
      : 0;
  const decoders = (): readonly number[] => test.server.images.pids;

  /** Deterministic pseudo-random numbers: a failure can be run again. */
  function* numbers(seed: number): Generator<number, never, undefined> {
    for (let state = seed; ; ) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      yield state;
    }
  }

  const kinds = async (): Promise<[string, Buffer][]> => {
    const noisy = sharp({
      create: {
        width: 200,
        height: 150,
        channels: 3,
        background: '#888',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    });
    const honest = await Promise.all(
      (['png', 'jpeg', 'webp', 'gif'] as const).map(
        async (format) => [format, await noisy.clone().toFormat(format).toBuffer()] as const,
      ),
    );
    const bmp = make.bitmap({
      bits: 8,
      width: 64,
      height: 64,
      compression: 1,
      palette: [[1, 2, 3]],
      rows: Buffer.alloc(4096, 3),
    });
    const random = numbers(7);
    const damaged = [...honest, ['bmp', bmp] as const].flatMap(([format, file]) =>
      Array.from({ length: 12 }, (_, round): [string, Buffer] => {
        const copy = Buffer.from(file);
        for (let hit = 0; hit <= round; hit += 1) {
          const place = random.next().value % (round % 2 === 0 ? Math.min(copy.length, 64) : copy.length);
          copy[place] = random.next().value & 0xff;
        }
        return [`${format}, damaged ${round}`, copy];
      }),
    );
    return [
      ...damaged,
      ['bomb of 4096 × 4096', make.png({ width: 4096, height: 4096 })],
      [
        'bomb of 16 bits, interlaced',
        await make.plain(4096, 4096, [1, 2, 3]).toColourspace('rgb16').png({ progressive: true }).toBuffer(),
      ],
      [
        'progressive JPEG of 4096 × 4096',
        await make.plain(4096, 4096, [1, 2, 3]).jpeg({ progressive: true }).toBuffer(),
      ],
      ['lying PNG', make.png({ width: 4096, height: 4096 }, { width: 1, height: 1 })],
      ['lying GIF', make.gif([1, 1], [65_535, 65_535])],
      ['GIF with a frame outside', make.gif([10, 10], [4000, 4000], 60_000)],
      [
        'bitmap of runs',
        make.bitmap({
          bits: 8,
          width: 4096,
          height: 4096,
          compression: 1,
          palette: [[1, 2, 3]],
          rows: Buffer.from([0, 1]),
        }),
      ],
      ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>')],
    ];
  };

  it('are answered or refused, and no process dies of them', async () => {
    await said([user(image(dataUri(await solid(3, 3, [9, 9, 9]))))]);
    const files = await kinds();
    const outcomes: string[] = [];
    const seenPids = new Set(decoders());
    for (let at = 0; at < files.length; at += 4) {
      const round = files.slice(at, at + 4).map(async ([name, file]) => {
        const response = await askFor([user(image(dataUri(file)))]);
        const { error } = await jsonOf(response);
        outcomes.push(`${name}: ${response.status} ${error?.code ?? ''}`);
        expect(response.status === 200 || ['image_refused', 'image_too_large'].includes(error.code), name).toBe(true);
      });
      await Promise.all(round);
      for (const pid of decoders()) seenPids.add(pid);
    }
    expect(outcomes.filter((outcome) => outcome.includes(': 200')).length).toBeGreaterThan(3);
    expect([...seenPids].sort()).toEqual([...decoders()].sort());
    expect(seenPids.size).toBeLessThanOrEqual(4);
    for (const pid of decoders()) expect(residentBytes(pid)).toBeLessThan(700e6);
    expect((await fetch(`${test.server.apiUrl}/health`)).status).toBe(200);
  });
});
