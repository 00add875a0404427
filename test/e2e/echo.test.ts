import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonOf, post, readStream, startTestServer, type TestServer } from './test-server.ts';

let test: TestServer;
let url: string;

beforeAll(async () => {
  test = await startTestServer(['counts', 'dies-when-asked']);
  url = `${test.server.apiUrl}/v1/completions`;
});
afterAll(async () => test[Symbol.asyncDispose]());

const prompt = 'tokens=2 prompt=3';
const scored = {
  tokens: ['p0 ', 'p1 ', 'p2 '],
  token_logprobs: [null, -1, -2],
  top_logprobs: [null, { x: -0.5 }, { x: -0.5 }],
};

it('a prompt stands in front of its answer, whole and streamed', async () => {
  const body = await jsonOf(post(url, { prompt, echo: true }));
  expect(body.choices[0]).toMatchObject({ text: `${prompt}w0 w1 `, logprobs: null, finish_reason: 'stop' });
  const { chunks } = await readStream(await post(url, { prompt, echo: true, stream: true }));
  const texts = chunks.map(({ choices }) => (choices[0] as unknown as { text: string }).text);
  expect(texts[0]).toBe(prompt);
  expect(texts.join('')).toBe(`${prompt}w0 w1 `);
});

it('a prompt of tokens is put into words', async () => {
  const body = await jsonOf(post(url, { prompt: [[4, 5], [6]], echo: true, max_tokens: 1 }));
  expect(body.choices.map(({ text }: { text: string }) => text)).toEqual(['w4 w5w0 ', 'w6w0 ']);
});

it('an empty answer scores the prompt', async () => {
  const body = await jsonOf(post(url, { prompt, echo: true, logprobs: 1, max_tokens: 0 }));
  expect(body.choices[0]).toMatchObject({
    text: prompt,
    finish_reason: 'length',
    logprobs: { ...scored, text_offset: [0, 3, 6] },
  });
  expect(body.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 });
});

it('a stream carries the scores in its first chunk', async () => {
  const { chunks } = await readStream(await post(url, { prompt, echo: true, logprobs: 1, stream: true }));
  expect(chunks[0]!.choices[0]).toMatchObject({ text: prompt, logprobs: scored });
});

it('every choice of a prompt has its echo', async () => {
  const body = await jsonOf(post(url, { prompt, echo: true, n: 2 }));
  expect(body.choices.map(({ text }: { text: string }) => text)).toEqual([`${prompt}w0 w1 `, `${prompt}w0 w1 `]);
});
