import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatBody, jsonOf, post, startTestServer, type TestServer, until } from './test-server.ts';

let test: TestServer;
let api: string;
const model = 'test/counts';

beforeAll(async () => {
  test = await startTestServer(['counts', 'runs-one']);
  api = test.server.apiUrl;
  writeFileSync(join(test.folder, 'models', model, 'modules.json'), '[]');
});
afterAll(async () => test[Symbol.asyncDispose]());

const embed = (body: object): Promise<Response> => post(`${api}/v1/embeddings`, { model, ...body });
const vectorsOf = (body: { data: { embedding: number[] }[] }): number[][] =>
  body.data.map(({ embedding }) => embedding);

describe('embeddings', () => {
  it('have the shape of OpenAI', async () => {
    expect(await jsonOf(embed({ input: 'abc' }))).toEqual({
      object: 'list',
      model,
      data: [{ object: 'embedding', index: 0, embedding: [3, 1, 0] }],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
  });

  it.each([
    ['texts', ['a', 'bcd'], [1, 3]],
    ['tokens', [7, 8], [2]],
    ['lists of tokens', [[7], [8, 9]], [1, 2]],
  ])('of %s come in their order', async (_, input, lengths) => {
    expect(vectorsOf(await jsonOf(embed({ input }))).map(([first]) => first)).toEqual(lengths);
  });

  it('of 2048 texts come in their order, asked for in pieces', async () => {
    const input = Array.from({ length: 2048 }, (_, index) => 'x'.repeat(1 + (index % 700)));
    const body = await jsonOf(embed({ input }));
    expect(vectorsOf(body).map(([first]) => first)).toEqual(input.map(({ length }) => length));
    expect(body.usage.prompt_tokens).toBe(input.join('').length);
  });

  it('in base64 are the same float32', async () => {
    const body = await jsonOf(embed({ input: 'abc', encoding_format: 'base64' }));
    const bytes = Buffer.from(body.data[0].embedding, 'base64');
    expect([0, 4, 8].map((at) => bytes.readFloatLE(at))).toEqual([3, 1, 0]);
  });

  it('with fewer dimensions are cut, and of length 1 again', async () => {
    const [vector] = vectorsOf(await jsonOf(embed({ input: 'abc', dimensions: 2 })));
    expect(vector![0]).toBeCloseTo(3 / Math.sqrt(10));
    expect(vector![1]).toBeCloseTo(1 / Math.sqrt(10));
  });

  it.each([
    [{}, 'input'],
    [{ input: '' }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: Array(2049).fill('a') }, 'input'],
    [{ input: [1, 'a'] }, 'input'],
    [{ input: 'a', encoding_format: 'int8' }, 'encoding_format'],
    [{ input: 'a', dimensions: 0 }, 'dimensions'],
    [{ input: 'a', dimensions: 4 }, 'dimensions'],
  ])('refuse %#', async (body, param) => {
    const response = await embed(body);
    expect(response.status).toBe(400);
    expect((await jsonOf(response)).error).toMatchObject({ code: 'invalid_request', param });
  });

  it('are not made by a model that writes, nor does a model of theirs write', async () => {
    const ofWriter = await embed({ model: 'test/runs-one', input: 'a' });
    const ofEncoder = await post(`${api}/v1/chat/completions`, chatBody('counts', 'tokens=1'));
    for (const response of [ofWriter, ofEncoder]) {
      expect(response.status).toBe(400);
      expect((await jsonOf(response)).error).toMatchObject({ code: 'model_unsupported', param: 'model' });
    }
  });

  it('are made by the next worker when one was killed', async () => {
    const workers = async () => (await jsonOf(fetch(`${test.server.adminUrl}/admin/status`))).workers;
    const [{ pid }] = await workers();
    process.kill(pid, 'SIGKILL');
    expect((await embed({ input: 'a' })).status).toBe(200);
    await until(async () => (await workers())[0]?.pid !== pid);
  });
});

describe('a reranking', () => {
  const rerank = (body: object) => post(`${api}/v1/rerank`, { model, query: 'aaa', ...body });

  it('orders documents by their cosine with the query', async () => {
    const body = await jsonOf(rerank({ documents: ['a', 'bbb', { text: 'cc' }], return_documents: true }));
    expect(body.results.map(({ index }: { index: number }) => index)).toEqual([1, 2, 0]);
    expect(body.results[0]).toMatchObject({ relevance_score: expect.closeTo(1), document: { text: 'bbb' } });
    expect(body.results[2].relevance_score).toBeCloseTo(4 / Math.sqrt(20));
  });

  it('gives the best few, without the documents unless asked for', async () => {
    const { results } = await jsonOf(rerank({ documents: ['a', 'bbb'], top_n: 1 }));
    expect(results).toEqual([{ index: 1, relevance_score: expect.closeTo(1) }]);
  });

  it.each([
    [{}, 'documents'],
    [{ documents: [] }, 'documents'],
    [{ documents: [7] }, 'documents[0]'],
    [{ documents: ['a'], top_n: 0 }, 'top_n'],
    [{ documents: ['a'], query: '' }, 'query'],
  ])('refuses %j by name', async (body, param) => {
    const response = await rerank(body);
    expect(response.status).toBe(400);
    expect((await jsonOf(response)).error).toMatchObject({ code: 'invalid_request', param });
  });
});
