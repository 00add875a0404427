// The official OpenAI client's responses, unmodified, against servers with scripted workers.
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, Secret } from '../../src/config/index.ts';
import { startServerProcess } from './server-process.ts';
import { startTestServer, type TestServer, until, words } from './test-server.ts';

const model = 'test/counts';
const stateDir = mkdtempSync(join(tmpdir(), 'mlx-responses-'));
let test: TestServer;
let client: OpenAI;

const keys: Partial<Config> = {
  stateDir,
  apiKeys: [
    { name: 'a', secret: new Secret('key-a') },
    { name: 'b', secret: new Secret('key-b') },
  ],
};
const clientOf = (url: string, apiKey = 'key-a'): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
const start = async (): Promise<void> => {
  test = await startTestServer(['counts', 'sees-images', 'dies-on-poison'], keys);
  client = clientOf(test.server.apiUrl);
};
beforeAll(start);
afterAll(async () => {
  await test[Symbol.asyncDispose]();
  rmSync(stateDir, { recursive: true, force: true });
});

const collect = async (stream: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> => {
  const events: ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
};
const notFound = { status: 404, code: 'not_found' };

describe('a response', () => {
  it('whole has the shape that the client reads', async () => {
    const response = await client.responses.create({
      model,
      input: 'tokens=4 prompt=9 cached=2',
      instructions: 'Count.',
      metadata: { a: 'b' },
      temperature: 0.5,
    });
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model,
      output: [{ type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text' }] }],
      usage: { input_tokens: 9, input_tokens_details: { cached_tokens: 2 }, output_tokens: 4, total_tokens: 13 },
      instructions: 'Count.',
      metadata: { a: 'b' },
      temperature: 0.5,
      store: true,
      tools: [],
      error: null,
    });
    expect(response.output_text).toBe(words(4));
  });

  it('streamed tells its events in order, numbered, and adds up to the same', async () => {
    const stream = client.responses.stream({ model, input: 'tokens=3' });
    const events = await collect(stream);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    const types = events.map(({ type }) => type);
    // A reader who is behind gets several deltas as one.
    expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const final = await stream.finalResponse();
    expect(final.output_text).toBe(words(3));
    const { output_text, usage, status } = await client.responses.retrieve(final.id);
    expect([output_text, usage, status]).toEqual([final.output_text, final.usage, 'completed']);
  });

  it('cut by max_output_tokens is incomplete', async () => {
    const response = await client.responses.create({ model, input: 'tokens=9', max_output_tokens: 2 });
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
    });
  });

  it('goes on from a previous one, also after a restart of the server', async () => {
    const first = await client.responses.create({ model: 'test/sees-images', input: 'one', instructions: 'Be.' });
    expect(first.output_text).toBe('system: Be.\nuser: one');
    await test.server.stopNow();
    await start();
    const second = await client.responses.create({
      model: 'test/sees-images',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'two' }] }],
      previous_response_id: first.id,
    });
    expect(second.output_text).toBe('user: one\nassistant: system: Be.\nuser: one\nuser: two');
    const third = await client.responses.create({
      model: 'test/sees-images',
      input: [
        { type: 'item_reference', id: second.output[0]!.id! },
        { role: 'user', content: 'three' },
      ],
    });
    expect(third.output_text).toMatch(/^assistant: user: one[\s\S]*\nuser: three$/);
  });

  it('keeps its file to itself', () => {
    expect(statSync(join(stateDir, 'responses.db')).mode & 0o777).toBe(0o600);
  });

  it('lists what it was asked, in pages', async () => {
    const input = ['a', 'b', 'c'].map((content) => ({ role: 'user' as const, content }));
    const { id } = await client.responses.create({ model, input });
    const texts: unknown[] = [];
    for await (const item of client.responses.inputItems.list(id, { limit: 2, order: 'asc' })) {
      texts.push((item as { content: unknown }).content);
    }
    expect(texts).toEqual(['a', 'b', 'c']);
  });

  it('belongs to the key that made it', async () => {
    const { id } = await client.responses.create({ model, input: 'tokens=1' });
    const stranger = clientOf(test.server.apiUrl, 'key-b');
    await expect(stranger.responses.retrieve(id)).rejects.toMatchObject(notFound);
    await expect(stranger.responses.delete(id)).rejects.toMatchObject(notFound);
    const goOn = stranger.responses.create({ model, input: 'x', previous_response_id: id });
    await expect(goOn).rejects.toMatchObject({ ...notFound, param: 'previous_response_id' });
    await client.responses.delete(id);
    await expect(client.responses.retrieve(id)).rejects.toMatchObject(notFound);
  });

  it('is not kept where the client does not want it', async () => {
    const { id } = await client.responses.create({ model, input: 'tokens=1', store: false });
    await expect(client.responses.retrieve(id)).rejects.toMatchObject(notFound);
  });

  it('that is too large to be kept says so', async () => {
    const response = await client.responses.create({ model, input: `tokens=1 ${'x'.repeat(1_600_000)}` });
    expect((response as { store?: boolean }).store).toBe(false);
  });

  it('that fails in its stream says that it failed', async () => {
    const body = { model: 'test/dies-on-poison', input: 'tokens=40 poison', stream: true } as const;
    const last = (await collect(await client.responses.create(body))).at(-1);
    expect(last).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error' } },
    });
  });

  it.each([
    ['a hosted tool', { tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    ['a conversation', { conversation: 'conv_1' }, 'conversation'],
    ['no input', { input: undefined }, 'input'],
    ['an unknown item', { input: [{ type: 'computer_call' }] }, 'input[0].type'],
    ['a file', { input: [{ role: 'user', content: [{ type: 'input_file' }] }] }, 'input[0].content[0].type'],
    ['background without a store', { background: true, store: false }, 'background'],
    ['a truncation', { truncation: 'auto' }, 'truncation'],
  ])('is refused for %s', async (_, more, param) => {
    const refused = client.post('/responses', { body: { model, input: 'x', ...more } });
    await expect(refused).rejects.toMatchObject({ status: 400, param });
  });
});

describe('a response in the background', () => {
  it('is polled to its end', async () => {
    const { id, status } = await client.responses.create({ model, input: 'tokens=5', background: true });
    expect(status).toBe('queued');
    await until(async () => (await client.responses.retrieve(id)).status === 'completed');
    expect((await client.responses.retrieve(id)).output_text).toBe(words(5));
  });

  it('can be cancelled', async () => {
    const { id } = await client.responses.create({ model, input: 'tokens=900 delayMs=20', background: true });
    await until(async () => (await client.responses.retrieve(id)).output_text !== '');
    expect(await client.responses.cancel(id)).toMatchObject({ status: 'cancelled', id });
    expect((await client.responses.retrieve(id)).status).toBe('cancelled');
    const { id: whole } = await client.responses.create({ model, input: 'tokens=1' });
    await expect(client.responses.cancel(whole)).rejects.toMatchObject({ status: 400 });
  });

  it('is streamed, left, and read on from where its reader left', async () => {
    const body = { model, input: 'tokens=30 delayMs=5', background: true, stream: true } as const;
    const seen: ResponseStreamEvent[] = [];
    let id = '';
    for await (const event of await client.responses.create(body)) {
      if (event.type === 'response.created') id = event.response.id;
      seen.push(event);
      if (seen.length === 8) break;
    }
    const starting_after = seen.at(-1)!.sequence_number;
    const rest = await collect(await client.responses.retrieve(id, { stream: true, starting_after }));
    const events = [...seen, ...rest];
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { usage: { output_tokens: 30 } } });
    const again = await collect(await client.responses.retrieve(id, { stream: true }));
    expect(again).toEqual(events);
  });

  it('is found failed where the server died meanwhile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mlx-died-'));
    const config = { stateDir: folder };
    let id: string;
    {
      await using server = await startServerProcess(['counts'], { config });
      const first = clientOf(server.api);
      ({ id } = await first.responses.create({ model, input: 'tokens=900 delayMs=50', background: true }));
      await until(async () => (await first.responses.retrieve(id)).status === 'in_progress');
      server.process.kill('SIGKILL');
      await once(server.process, 'exit');
    }
    await using server = await startServerProcess(['counts'], { config });
    const response = await clientOf(server.api).responses.retrieve(id);
    expect(response).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('server ended') } });
    rmSync(folder, { recursive: true, force: true });
  });
});
