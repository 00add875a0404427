// Images over HTTP to the real server and the real vision model: by every kind of source, in every format, over shared
// memory and pipe, with the official clients, and with the worker killed in mid-answer.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openaiOf, type RealServer, startRealServer, workerPid } from './real-server.ts';

const model = 'starter/shapes-vlm';
const [singles, pairs, together] = [200, 60, 8];
const seed = 20_261_123;
const python = resolve(import.meta.dirname, '../../python');
const interpreter = resolve(import.meta.dirname, '../../.runtime/python/vision/bin/python');

interface Picture {
  readonly file: string;
  readonly name: string;
}

const folder = mkdtempSync(join(tmpdir(), 'mlx-pictures-'));
const fileServer = createServer((request, response) => response.end(readFileSync(join(folder, request.url ?? ''))));
let pictures: Picture[];
let server: RealServer;
let client: OpenAI;

beforeAll(async () => {
  const args = ['tests/render_pictures.py', folder, String(singles), String(seed)];
  execFileSync(interpreter, args, { cwd: python });
  pictures = JSON.parse(readFileSync(join(folder, 'names.json'), 'utf8')) as Picture[];
  await new Promise<void>((listening) => fileServer.listen(0, '127.0.0.1', listening));
  server = await startVisionServer();
  client = openaiOf(server);
}, 120_000);
afterAll(async () => {
  fileServer.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const startVisionServer = (env: Record<string, string> = {}): Promise<RealServer> =>
  startRealServer({ MLX_ALLOWED_LOCAL_MEDIA_PATH: folder, MLX_IMAGE_ALLOWED_HOSTS: '127.0.0.1', ...env });

const sources = {
  'a data URI': ({ file }: Picture) => `data:image/png;base64,${readFileSync(join(folder, file), 'base64')}`,
  'an http URL': ({ file }: Picture) => `http://127.0.0.1:${(fileServer.address() as AddressInfo).port}/${file}`,
  'a local path': ({ file }: Picture) => join(folder, file),
};
const kinds = Object.values(sources);
const dataUri = sources['a data URI'];

const imagePart = (url: string) => ({ type: 'image_url' as const, image_url: { url } });
const textPart = (text: string) => ({ type: 'text' as const, text });
const asked = (urls: readonly string[], text: string) => ({
  model,
  temperature: 0,
  messages: [{ role: 'user' as const, content: [...urls.map(imagePart), textPart(text)] }],
});

async function answer(urls: readonly string[], text: string, from = client): Promise<string> {
  return (await from.chat.completions.create(asked(urls, text))).choices[0]!.message.content ?? '';
}

/** `work` on each item, a few at a time, in order. */
async function inTurns<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += together) {
    const some = items.slice(start, start + together).map((item, index) => work(item, start + index));
    results.push(...(await Promise.all(some)));
  }
  return results;
}

const shareOf = (right: readonly boolean[]): number => right.filter(Boolean).length / right.length;

describe('pictures that nobody has seen before', () => {
  it('are named rightly: by data URI, URL and path; as PNG, JPEG, WebP and BMP', async () => {
    const right = await inTurns(pictures, async (picture, index) => {
      return (await answer([kinds[index % kinds.length]!(picture)], 'What is in the image?')) === picture.name;
    });
    for (const [index, kind] of Object.keys(sources).entries()) {
      const ofKind = right.filter((_, place) => place % kinds.length === index);
      console.log(`${kind}: ${ofKind.filter(Boolean).length} of ${ofKind.length} right (seed ${seed})`);
      expect(shareOf(ofKind)).toBeGreaterThanOrEqual(0.9);
    }
    expect(shareOf(right)).toBeGreaterThanOrEqual(0.95);
  }, 300_000);

  it('are named in their order, two at a time', async () => {
    const couples = Array.from(
      { length: pairs },
      (_, index) => [pictures[2 * index]!, pictures[2 * index + 1]!] as const,
    );
    const right = await inTurns(couples, async (couple, index) => {
      const urls = couple.map((picture) => kinds[index % kinds.length]!(picture));
      return (await answer(urls, 'What is in the images?')) === `first: ${couple[0].name}. second: ${couple[1].name}.`;
    });
    console.log(`two in order: ${right.filter(Boolean).length} of ${right.length} right (seed ${seed})`);
    expect(shareOf(right)).toBeGreaterThanOrEqual(0.9);
  }, 300_000);

  it('get the same answers over shared memory and over the pipe', async () => {
    const some = pictures.slice(0, 24);
    const shared = await inTurns(some, (picture) => answer([dataUri(picture)], 'Describe the image.'));
    const other = await startVisionServer({ MLX_USE_STDIO: '1' });
    try {
      const piped = openaiOf(other);
      expect(await inTurns(some, (picture) => answer([dataUri(picture)], 'Describe the image.', piped))).toEqual(
        shared,
      );
    } finally {
      await other.stop();
    }
    expect(server.log()).not.toContain('shared-memory-failed');
  }, 120_000);
});

describe('the official clients', () => {
  it('stream an answer about an image', async () => {
    const [picture] = pictures;
    const stream = await client.chat.completions.create({
      ...asked([dataUri(picture!)], 'What is in the image?'),
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts: string[] = [];
    let prompt = 0;
    for await (const chunk of stream) {
      texts.push(chunk.choices[0]?.delta.content ?? '');
      prompt = chunk.usage?.prompt_tokens ?? prompt;
    }
    expect(texts.join('')).toBe(picture!.name);
    expect(texts.filter((text) => text !== '').length).toBeGreaterThan(1);
    expect(prompt).toBeGreaterThan(19); // The image's tokens count.
  });

  it('keep the images of earlier turns, and find them in the prefix cache', async () => {
    const [first, second] = [pictures[0]!, pictures[1]!];
    const turn = (picture: Picture, text: string) => asked([dataUri(picture)], text).messages;
    const messages = [
      ...turn(first, 'What is in the image?'),
      { role: 'assistant' as const, content: first.name },
      ...turn(second, 'What is in the second image?'),
    ];
    const { choices, usage } = await client.chat.completions.create({ model, temperature: 0, messages });
    expect(choices[0]!.message.content).toBe(second.name);
    expect(usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThan(19);
  });

  it('are told which image, and which limit', async () => {
    const [picture] = pictures;
    const six = Array.from({ length: 6 }, () => dataUri(picture!));
    await expect(answer(six, 'What?')).rejects.toMatchObject({ status: 400, code: 'too_many_images' });
    const refused = answer([dataUri(picture!), 'http://10.0.0.1/x.png'], 'What?');
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'image_refused' });
    const textModel = { ...asked([dataUri(picture!)], 'What?'), model: 'starter/smollm2-135m-instruct-gguf' };
    await expect(client.chat.completions.create(textModel)).rejects.toMatchObject({ code: 'model_unsupported' });
  });
});

it('a worker killed in mid-answer about an image is a pause', async () => {
  // Long enough to be killed in: this model says what it has to say within a tenth of a second.
  const endless = { ignore_eos: true, max_tokens: 300 };
  const ask = { ...asked([dataUri(pictures[0]!)], 'Count to 30'), ...endless, stream: true as const };
  const read = async (killAfter: number, pid = 0): Promise<string> => {
    let text = '';
    let chunks = 0;
    for await (const chunk of await client.chat.completions.create(ask)) {
      text += chunk.choices[0]?.delta.content ?? '';
      chunks += 1;
      if (chunks === killAfter) process.kill(pid, 'SIGKILL');
    }
    return text;
  };
  const undisturbed = await read(Number.POSITIVE_INFINITY);
  expect(await read(4, await workerPid(server, model))).toBe(undisturbed);
  expect(server.log()).toContain('generation-recovered');
}, 60_000);
