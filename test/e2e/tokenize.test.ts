import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatBody, isAlive, jsonOf, post, startTestServer, type TestServer, until } from './test-server.ts';

let test: TestServer;
let api: string;

const fixtures = ['counts', 'never-ready', 'sees-images', 'runs-one', 'ends-twice', 'loads-slowly', 'floods-stderr'];

beforeAll(async () => {
  test = await startTestServer(fixtures, { idleTimeoutMs: 60_000, modelLoadTimeoutMs: 60_000 });
  api = test.server.apiUrl;
});
afterAll(async () => test[Symbol.asyncDispose]());

const workers = async (): Promise<{ model: string; state: string }[]> =>
  (await jsonOf(fetch(`${test.server.adminUrl}/admin/status`))).workers;
const registered = async (): Promise<{ pid: number; model: string }[]> => {
  const { readFile } = await import('node:fs/promises');
  const { servers } = JSON.parse(await readFile(`${test.folder}/state/worker_registry.json`, 'utf8'));
  return Object.values(servers as Record<string, { workers: { pid: number; model: string }[] }>).flatMap(
    (server) => server.workers,
  );
};

it('a text becomes tokens and text again, while its model stays unloaded', async () => {
  const told = await jsonOf(post(`${api}/tokenize`, { model: 'test/counts', prompt: 'a bc def' }));
  expect(told).toEqual({ count: 4, max_model_len: 1000, tokens: [0, 1, 2, 3] });
  expect(await jsonOf(post(`${api}/detokenize`, { tokens: told.tokens }))).toEqual({
    prompt: 'w0 w1 w2 w3',
    content: 'w0 w1 w2 w3',
  });
  expect(await workers()).toEqual([]);
});

it.each([
  ['llama.cpp’s content has no special tokens', { content: 'a b' }, [1, 1]],
  ['llama.cpp’s content with add_special has', { content: 'a b', add_special: true }, [0, 1, 1]],
  ['a prompt without add_special_tokens has none', { prompt: 'a', add_special_tokens: false }, [1]],
  ['messages have those of their template', { messages: [{ role: 'user', content: 'ab' }] }, [2]],
  ['no text has no tokens', { content: '' }, []],
])('%s', async (_, body, tokens) => {
  expect(await jsonOf(post(`${api}/tokenize`, body))).toMatchObject({ tokens, count: tokens.length });
});

it.each([
  ['/tokenize', {}, 'prompt'],
  ['/tokenize', { prompt: 'a', content: 'b' }, 'prompt'],
  ['/tokenize', { prompt: 7 }, 'prompt'],
  ['/tokenize', { messages: [] }, 'messages'],
  ['/tokenize', { prompt: 'a', with_pieces: true }, 'with_pieces'],
  ['/tokenize', { prompt: 'a', return_token_strs: true }, 'return_token_strs'],
  ['/detokenize', { tokens: ['a'] }, 'tokens'],
  ['/detokenize', { tokens: [-1] }, 'tokens'],
])('%s refuses %j by name', async (path, body, param) => {
  const response = await post(`${api}${path}`, body);
  expect(response.status).toBe(400);
  expect((await jsonOf(response)).error).toMatchObject({ code: 'invalid_request', param });
});

it('a client that leaves while the tokenizer starts ends its request, and nobody else’s', async () => {
  const leaving = new AbortController();
  const left = post(`${api}/tokenize`, { model: 'test/never-ready', prompt: 'a' }, { signal: leaving.signal });
  await until(async () => (await registered()).some(({ model }) => model === 'test/never-ready'));
  leaving.abort();
  await expect(left).rejects.toThrow();
  expect((await post(`${api}/tokenize`, { prompt: 'a' })).status).toBe(200);
});

it('a tokenizer that was killed is started again for the next question', async () => {
  const [worker] = (await registered()).filter(({ model }) => model === 'test/counts');
  process.kill(worker!.pid, 'SIGKILL');
  expect((await jsonOf(post(`${api}/tokenize`, { prompt: 'a' }))).tokens).toEqual([0, 1]);
});

it('tokenizers beyond five push out the one least recently used', async () => {
  const [first] = (await registered()).filter(({ model }) => model === 'test/counts');
  for (const name of fixtures.filter((fixture) => fixture !== 'counts' && fixture !== 'never-ready')) {
    expect((await post(`${api}/tokenize`, { model: `test/${name}`, prompt: 'a' })).status, name).toBe(200);
  }
  await until(() => !isAlive(first!.pid));
  await until(async () => (await registered()).length <= 5);
});

it('a tokenizer and the model run beside one another, and metrics count the model alone', async () => {
  await post(`${api}/tokenize`, { prompt: 'a' });
  expect((await post(`${api}/v1/chat/completions`, chatBody('counts', 'tokens=1'))).status).toBe(200);
  const metrics = await (await fetch(`${test.server.adminUrl}/metrics`)).text();
  expect(metrics).toContain('mlx_model_loaded{model="test/counts"} 1');
  expect(metrics).not.toContain('mlx_model_loaded{model="test/runs-one"}');
  expect((await workers()).map(({ model }) => model)).toEqual(['test/counts']);
});
