// The official Anthropic client, unmodified, against a server with scripted workers.
import { readFileSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/index.ts';
import { jsonOf, post, startTestServer, type TestServer, words } from './test-server.ts';

const picture = new URL('../fixtures/shapes-vlm/orange-circle-64.png', import.meta.url);
let test: TestServer;
let client: Anthropic;

beforeAll(async () => {
  test = await startTestServer(['counts', 'sees-images', 'dies-on-poison'], {
    apiKeys: [{ name: 'a', secret: new Secret('the-key') }],
    imageAllowedHosts: [],
  });
  client = new Anthropic({ baseURL: test.server.apiUrl, apiKey: 'the-key', maxRetries: 0 });
});
afterAll(async () => test[Symbol.asyncDispose]());

const ask = (content: string) => ({
  model: 'test/counts',
  max_tokens: 50,
  messages: [{ role: 'user' as const, content }],
});

describe('the client of Anthropic', () => {
  it('may ask a model to think that cannot: it answers without', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 2000 };
    const message = await client.messages.create({ ...ask('tokens=2'), thinking });
    expect(message.content).toMatchObject([{ type: 'text', text: words(2) }]);
  });

  it('gets a whole message', async () => {
    const message = await client.messages.create({ ...ask('tokens=4 prompt=9 cached=2'), system: 'Count.' });
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'test/counts',
      content: [{ type: 'text', text: words(4) }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 7, cache_read_input_tokens: 2, output_tokens: 4 },
    });
    expect(message._request_id).toMatch(/^req_/);
  });

  it('gets a stream that adds up to the message', async () => {
    const stream = client.messages.stream({ ...ask('tokens=6 prompt=9'), max_tokens: 4 });
    const types: string[] = [];
    stream.on('streamEvent', ({ type }) => types.push(type));
    const message = await stream.finalMessage();
    expect(message.content).toMatchObject([{ type: 'text', text: words(4) }]);
    expect([message.stop_reason, message.usage.input_tokens]).toEqual(['max_tokens', 9]);
    expect([...new Set(types)]).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('counts tokens', async () => {
    const { model, messages } = ask('a bc def');
    expect(await client.messages.countTokens({ model, messages })).toEqual({ input_tokens: 3 });
  });

  it('may use the beta namespace', async () => {
    const message = await client.beta.messages.create({ ...ask('tokens=1'), betas: ['x-2026-01-01'] });
    expect(message.content).toMatchObject([{ text: words(1) }]);
  });

  it('gets an error of the right class and type', async () => {
    const refused = (body: object) => client.messages.create({ ...ask('tokens=1'), ...body }).catch((error) => error);
    const unknown = await refused({ model: 'no/model' });
    expect(unknown).toBeInstanceOf(Anthropic.NotFoundError);
    expect([unknown.type, unknown.requestID]).toEqual(['not_found_error', expect.stringMatching(/^req_/)]);
    const invalid = await refused({ max_tokens: 0 });
    expect(invalid).toBeInstanceOf(Anthropic.BadRequestError);
    expect(invalid.message).toContain('max_tokens');
    const stranger = new Anthropic({ baseURL: test.server.apiUrl, apiKey: 'another', maxRetries: 0 });
    const denied = await stranger.messages.create(ask('tokens=1')).catch((error) => error);
    expect(denied).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(denied.type).toBe('authentication_error');
  });

  it('hears in its stream that the answer cannot go on', async () => {
    const stream = await client.messages.create({
      ...ask('tokens=40 poison'),
      model: 'test/dies-on-poison',
      stream: true,
    });
    const read = async () => {
      for await (const event of stream) expect(event.type).not.toBe('message_stop');
    };
    await expect(read()).rejects.toMatchObject({ type: 'api_error' });
  });

  it('shows pictures in their place', async () => {
    const data = readFileSync(picture).toString('base64');
    const content = [
      { type: 'text' as const, text: 'this' },
      { type: 'image' as const, source: { type: 'base64' as const, media_type: 'image/png' as const, data } },
    ];
    const { content: seen } = await client.messages.create({
      model: 'test/sees-images',
      max_tokens: 5,
      messages: [{ role: 'user', content }],
    });
    expect(seen).toMatchObject([{ text: expect.stringMatching(/^user: this\|<\d+x\d+ /) }]);
  });
});

describe('an error of a route of messages', () => {
  const url = (path: string): string => `${test.server.apiUrl}${path}`;
  const headers = { 'x-api-key': 'the-key', 'content-type': 'application/json' };

  it.each([
    ['/v1/messages/batches', 404, 'not_found_error'],
    ['/v1/messages?beta=true', 400, 'invalid_request_error'],
  ])('%s is in the words of Anthropic', async (path, status, type) => {
    const response = await post(url(path), path.includes('beta') ? '{' : '{}', { headers });
    expect(response.status).toBe(status);
    const body = await jsonOf(response);
    expect(body).toMatchObject({ type: 'error', error: { type, message: expect.stringMatching(/./) } });
    expect(body.request_id).toBe(response.headers.get('request-id'));
  });

  it('says what is too large, and whose method is wrong', async () => {
    const large = await post(url('/v1/messages'), ' '.repeat(73 * 1024 * 1024), { headers });
    expect([large.status, (await jsonOf(large)).error.type]).toEqual([413, 'request_too_large']);
    const got = await fetch(url('/v1/messages'), { headers });
    expect([got.status, (await jsonOf(got)).error.type]).toEqual([405, 'invalid_request_error']);
  });
});
