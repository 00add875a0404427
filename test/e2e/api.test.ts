import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatBody, jsonOf, post, readStream, startTestServer, type TestServer, until, words } from './test-server.ts';

let test: TestServer;
let chat: string;
let api: string;

beforeAll(async () => {
  test = await startTestServer(['counts', 'never-ready', 'confuses-requests'], { maxConcurrentRequests: 4 });
  api = test.server.apiUrl;
  chat = `${api}/v1/chat/completions`;
});
afterAll(async () => test[Symbol.asyncDispose]());

describe('an answer', () => {
  it('whole has the shape of OpenAI', async () => {
    const response = await post(chat, chatBody('counts', 'tokens=4'));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{24}$/);
    expect(await response.json()).toMatchObject({
      object: 'chat.completion',
      model: 'test/counts',
      choices: [{ index: 0, message: { role: 'assistant', content: words(4) }, finish_reason: 'stop', logprobs: null }],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7, prompt_tokens_details: { cached_tokens: 0 } },
    });
  });

  it('streamed begins with the role, ends once, then usage, then [DONE]', async () => {
    const body = chatBody('counts', 'tokens=6', { stream: true, stream_options: { include_usage: true } });
    const response = await post(chat, body);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    const { chunks, text, done } = await readStream(response);
    expect(text).toBe(words(6));
    expect(done).toBe(true);
    expect(chunks[0]!.choices[0]!.delta).toMatchObject({ role: 'assistant', content: '' });
    expect(chunks.filter((chunk) => chunk.choices[0]?.finish_reason === 'stop')).toHaveLength(1);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 6 } });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  it('cut by max_tokens says length', async () => {
    const body = await jsonOf(post(chat, chatBody('counts', 'tokens=9', { max_completion_tokens: 2 })));
    expect(body.choices[0]).toMatchObject({ message: { content: words(2) }, finish_reason: 'length' });
  });

  it('in n choices has n, and counts the prompt once', async () => {
    const body = await jsonOf(post(chat, chatBody('counts', 'tokens=2', { n: 3 })));
    expect(body.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    expect(body.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 6 });
    const { chunks } = await readStream(await post(chat, chatBody('counts', 'tokens=2', { n: 3, stream: true })));
    expect(new Set(chunks.flatMap(({ choices }) => choices.map(({ index }) => index)))).toEqual(new Set([0, 1, 2]));
  });

  it('of /v1/completions covers several prompts', async () => {
    const body = { model: 'test/counts', prompt: ['tokens=1', 'tokens=2'], max_tokens: 5 };
    const answer = await jsonOf(post(`${api}/v1/completions`, body));
    expect(answer.object).toBe('text_completion');
    expect(answer.choices.map(({ text }: { text: string }) => text)).toEqual([words(1), words(2)]);
    expect(answer.usage).toMatchObject({ prompt_tokens: 6, completion_tokens: 3 });
  });

  it('never carries what a worker says for somebody else', async () => {
    const { text } = await readStream(await post(chat, chatBody('confuses-requests', 'tokens=20', { stream: true })));
    expect(text).toBe(words(20));
  });

  it('comes from the default model when none is named', async () => {
    const body = await jsonOf(post(chat, { messages: [{ role: 'user', content: 'tokens=1' }] }));
    expect(body.model).toBe('test/counts');
  });
});

describe('bad input', () => {
  const message = { role: 'user', content: 'x' };
  const cases: [string, unknown, number, string, string | null][] = [
    ['malformed JSON', '{"messages": [', 400, 'invalid_request', null],
    ['an array', [], 400, 'invalid_request', null],
    ['null', 'null', 400, 'invalid_request', null],
    ['a __proto__ key', '{"__proto__": {"x": 1}}', 400, 'invalid_request', null],
    ['no messages', { model: 'test/counts' }, 400, 'invalid_request', 'messages'],
    ['empty messages', { messages: [] }, 400, 'invalid_request', 'messages'],
    ['an unknown role', { messages: [{ role: 'robot', content: 'x' }] }, 400, 'invalid_request', 'messages[0].role'],
    [
      'content of a wrong type',
      { messages: [{ role: 'user', content: 7 }] },
      400,
      'invalid_request',
      'messages[0].content',
    ],
    ['a temperature of 2.1', { messages: [message], temperature: 2.1 }, 400, 'invalid_request', 'temperature'],
    ['a temperature in words', { messages: [message], temperature: 'hot' }, 400, 'invalid_request', 'temperature'],
    ['top_p 0', { messages: [message], top_p: 0 }, 400, 'invalid_request', 'top_p'],
    ['max_tokens 0', { messages: [message], max_tokens: 0 }, 400, 'invalid_request', 'max_tokens'],
    ['max_tokens true', { messages: [message], max_tokens: true }, 400, 'invalid_request', 'max_tokens'],
    ['n 129', { messages: [message], n: 129 }, 400, 'invalid_request', 'n'],
    ['an empty stop', { messages: [message], stop: '' }, 400, 'invalid_request', 'stop'],
    ['five stops', { messages: [message], stop: ['a', 'b', 'c', 'd', 'e'] }, 400, 'invalid_request', 'stop'],
    ['a bias for no token', { messages: [message], logit_bias: { x: 1 } }, 400, 'invalid_request', 'logit_bias.x'],
    [
      '21 top_logprobs',
      { messages: [message], logprobs: true, top_logprobs: 21 },
      400,
      'invalid_request',
      'top_logprobs',
    ],
    ['top_logprobs alone', { messages: [message], top_logprobs: 2 }, 400, 'invalid_request', 'top_logprobs'],
    ['tools', { messages: [message], tools: [{}] }, 400, 'invalid_request', 'tools'],
    [
      'a response_format',
      { messages: [message], response_format: { type: 'xml' } },
      400,
      'invalid_request',
      'response_format.type',
    ],
    [
      'an image for a text model',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
      400,
      'model_unsupported',
      'messages[0].content',
    ],
    ['an unknown model', { model: 'org/none', messages: [message] }, 404, 'model_not_found', 'model'],
    ['a model that is a path', { model: '/etc/passwd', messages: [message] }, 400, 'invalid_request', 'model'],
    ['a model that climbs', { model: '../x', messages: [message] }, 400, 'invalid_request', 'model'],
    ['a model of a wrong type', { model: 7, messages: [message] }, 400, 'invalid_request', 'model'],
  ];

  it.each(cases)('%s is refused with its code and field', async (_, body, status, code, param) => {
    const response = await post(chat, body);
    const { error } = await jsonOf(response);
    expect([response.status, error.code, error.param]).toEqual([status, code, param]);
    expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type']);
    expect(JSON.stringify(error).length).toBeLessThan(4096);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it('of another media type, size, method or path has a code of its own', async () => {
    const codeOf = async (response: Response) => [response.status, (await jsonOf(response)).error.code];
    expect(await codeOf(await post(chat, 'x', { headers: { 'content-type': 'text/plain' } }))).toEqual([
      415,
      'unsupported_media_type',
    ]);
    expect(await codeOf(await fetch(chat))).toEqual([405, 'method_not_allowed']);
    expect(await codeOf(await fetch(`${api}/v1/nothing`))).toEqual([404, 'not_found']);
    expect(await codeOf(await post(chat, `"${'x'.repeat(73 * 1024 * 1024)}"`))).toEqual([413, 'payload_too_large']);
  });

  it('in a priority header is refused', async () => {
    const headers = { 'content-type': 'application/json', 'x-priority': 'urgent' };
    expect((await post(chat, chatBody('counts', 'x'), { headers })).status).toBe(400);
  });
});

describe('the server', () => {
  it('answers health, readiness and version, cold and while it loads', async () => {
    const loading = new AbortController();
    const request = post(chat, chatBody('never-ready', 'x'), { signal: loading.signal }).catch(() => {});
    expect(await (await fetch(`${api}/health`)).json()).toEqual({ status: 'ok' });
    expect((await fetch(`${api}/ready`)).status).toBe(200);
    expect(await (await fetch(`${api}/version`)).json()).toEqual({ version: test.server.version });
    loading.abort();
    await request;
  });

  it('lists its models, and tells of one', async () => {
    const { data } = await jsonOf(fetch(`${api}/v1/models`));
    expect(data.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining(['test/counts', 'test/never-ready']),
    );
    expect(await (await fetch(`${api}/v1/models/test/counts`)).json()).toMatchObject({
      id: 'test/counts',
      object: 'model',
    });
    expect((await fetch(`${api}/v1/models/test/none`)).status).toBe(404);
  });

  it('echoes a proper request id, and replaces any other', async () => {
    const idOf = async (sent: string) =>
      (await fetch(`${api}/health`, { headers: { 'x-request-id': sent } })).headers.get('x-request-id');
    expect(await idOf('my-id_1.2')).toBe('my-id_1.2');
    expect(await idOf('x'.repeat(65))).toMatch(/^req_/);
    expect(await idOf('a b')).toMatch(/^req_/);
  });

  it('stops a generation whose client left', async () => {
    const { port } = new URL(api);
    const client = httpRequest({
      port,
      host: '127.0.0.1',
      path: '/v1/chat/completions',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    client.on('error', () => {});
    client.end(JSON.stringify(chatBody('counts', 'tokens=100000 delayMs=5', { stream: true })));
    await until(() => test.server.fleet.busy);
    client.destroy();
    await until(() => !test.server.fleet.busy, 500);
  });

  it('serves many at once, each its own answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const response = await post(chat, chatBody('counts', `tokens=${index + 1}`, { stream: true }));
        return { index, waited: response.headers.get('x-queue-wait-ms'), ...(await readStream(response)) };
      }),
    );
    for (const { index, text } of answers) expect(text).toBe(words(index + 1));
    expect(answers.some(({ waited }) => waited !== null)).toBe(true);
  });
});
