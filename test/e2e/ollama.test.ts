// The official client of Ollama, unmodified, against a server with scripted workers.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ollama } from 'ollama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOf, post, startTestServer, type TestServer, until, words } from './test-server.ts';

const picture = new URL('../fixtures/shapes-vlm/orange-circle-64.png', import.meta.url);
const model = 'test/counts:latest';
let test: TestServer;
let client: Ollama;

beforeAll(async () => {
  test = await startTestServer(['counts', 'sees-images', 'dies-on-poison', 'runs-one']);
  client = new Ollama({ host: test.server.apiUrl });
});
afterAll(async () => test[Symbol.asyncDispose]());

const loaded = async (): Promise<string[]> => (await client.ps()).models.map(({ name }) => name);
const user = (content: string) => [{ role: 'user', content }];

describe('the client of Ollama', () => {
  it('chats, whole and in pieces', async () => {
    const whole = await client.chat({ model, messages: user('tokens=3 prompt=9') });
    expect(whole).toMatchObject({
      model,
      message: { role: 'assistant', content: words(3) },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 9,
      eval_count: 3,
    });
    expect(whole.total_duration).toBeGreaterThan(whole.eval_duration);
    const options = { num_predict: 2 };
    let text = '';
    let last: unknown;
    for await (const part of await client.chat({ model, messages: user('tokens=4'), stream: true, options })) {
      text += part.message.content;
      last = part;
    }
    expect(text).toBe(words(2));
    expect(last).toMatchObject({ done: true, done_reason: 'length', eval_count: 2 });
  });

  it('generates, whole and in pieces', async () => {
    expect(await client.generate({ model, prompt: 'tokens=3' })).toMatchObject({ response: words(3), done: true });
    let text = '';
    for await (const part of await client.generate({ model, prompt: 'tokens=3', raw: true, stream: true })) {
      text += part.response ?? '';
    }
    expect(text).toBe(words(3));
  });

  it('shows pictures', async () => {
    const images = [readFileSync(picture)];
    const messages = [{ role: 'user', content: 'what?', images }];
    const { message } = await client.chat({ model: 'test/sees-images', messages });
    expect(message.content).toMatch(/^user: <\d+x\d+ [\d,]+>\|what\?$/);
  });

  it('sees what models there are, and what they can do', async () => {
    expect(await client.version()).toEqual({ version: test.server.version });
    const { models } = await client.list();
    expect(models.map(({ name }) => name)).toContain(model);
    expect(await client.show({ model: 'test/sees-images' })).toMatchObject({ capabilities: ['completion', 'vision'] });
  });

  it('loads and unloads', async () => {
    const name = 'test/dies-on-poison:latest';
    await client.generate({ model: name, prompt: '' });
    expect(await loaded()).toContain(name);
    await client.generate({ model: name, prompt: '', keep_alive: 0 });
    expect(await loaded()).not.toContain(name);
    await client.chat({ model: name, messages: user('tokens=1'), keep_alive: 0 });
    await until(async () => !(await loaded()).includes(name));
  });

  it('gets vectors of a model that was made for them', async () => {
    const embedder = 'test/runs-one';
    writeFileSync(join(test.folder, 'models', embedder, 'modules.json'), '[]');
    expect(await client.embed({ model: embedder, input: ['a', 'bcd'], dimensions: 3 })).toMatchObject({
      model: embedder,
      embeddings: [
        [1, 1, 0],
        [3, 1, 0],
      ],
      prompt_eval_count: 4,
    });
    expect(await client.embeddings({ model: embedder, prompt: 'abcd' })).toEqual({ embedding: [4, 1, 0] });
  });

  it('is told what went wrong', async () => {
    await expect(client.chat({ model: 'no/model', messages: user('x') })).rejects.toMatchObject({
      status_code: 404,
      error: expect.stringContaining('no/model'),
    });
    await expect(client.pull({ model })).rejects.toMatchObject({ error: expect.stringContaining('pull MODEL') });
    await expect(client.embed({ model, input: 'x' })).rejects.toMatchObject({ error: expect.stringMatching(/embed/) });
    const stream = await client.chat({
      model: 'test/dies-on-poison',
      messages: user('tokens=40 poison'),
      stream: true,
    });
    const read = async () => {
      for await (const part of stream) expect(part.done).toBe(false);
    };
    await expect(read()).rejects.toThrow(/worker|crash/i);
  });
});

it('an answer is a line a piece, in its own content type', async () => {
  const response = await post(`${test.server.apiUrl}/api/chat`, { model, messages: user('tokens=2') });
  expect(response.headers.get('content-type')).toBe('application/x-ndjson');
  const lines = (await response.text()).split('\n');
  expect(lines.at(-1)).toBe('');
  expect(lines.slice(0, -1).map((line) => JSON.parse(line).done)).toEqual([false, false, true]);
});

it('an error of its routes is a text', async () => {
  const missing = await post(`${test.server.apiUrl}/api/nothing`, {});
  expect([missing.status, await jsonOf(missing)]).toEqual([
    404,
    expect.objectContaining({ error: expect.any(String) }),
  ]);
  expect((await fetch(`${test.server.apiUrl}/`, { method: 'HEAD' })).status).toBe(200);
});
