// The official OpenAI client against a real encoder on the real server.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOf, post } from '../e2e/test-server.ts';
import { openaiOf, type RealServer, startRealServer } from './real-server.ts';
import { WorkerClient } from './worker-client.ts';

const model = 'starter/all-minilm-l6-v2';
const query = 'A kitten rests on a rug.';
const documents = ['The stock market fell today.', 'A cat sits on the mat.', 'How to boil rice'];
let server: RealServer;
let client: OpenAI;

beforeAll(async () => {
  server = await startRealServer();
  client = openaiOf(server);
});
afterAll(() => server.stop());

const dot = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((sum, value, index) => sum + value * other[index]!, 0);

describe(model, () => {
  it('puts texts of like meaning near one another, at length 1', async () => {
    const { data, usage } = await client.embeddings.create({ model, input: [query, ...documents] });
    const [asked, market, cat, rice] = data.map(({ embedding }) => embedding);
    expect(asked).toHaveLength(384);
    expect(dot(asked!, asked!)).toBeCloseTo(1, 4);
    expect(dot(asked!, cat!)).toBeGreaterThan(0.6);
    expect(dot(asked!, market!)).toBeLessThan(0.3);
    expect(dot(asked!, rice!)).toBeLessThan(0.3);
    expect(usage.prompt_tokens).toBeGreaterThan(20);
  });

  it('says the same in floats and in base64, alone and among others', async () => {
    const floats = await client.embeddings.create({ model, input: query, encoding_format: 'float' });
    const among = await client.embeddings.create({ model, input: [...documents, query], encoding_format: 'base64' });
    const bytes = Buffer.from(among.data[3]!.embedding as unknown as string, 'base64');
    for (const [index, value] of floats.data[0]!.embedding.entries()) {
      expect(bytes.readFloatLE(index * 4)).toBeCloseTo(value, 5);
    }
  });

  it('refuses a text beyond its length, and goes on', async () => {
    await expect(client.embeddings.create({ model, input: 'rain '.repeat(300) })).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      param: 'input',
    });
    await expect(client.embeddings.create({ model, input: 'rain' })).resolves.toBeDefined();
  });

  it('ranks documents', async () => {
    const body = await jsonOf(post(`${server.apiUrl}/v1/rerank`, { model, query, documents, top_n: 2 }));
    expect(body.results[0]).toMatchObject({ index: 1 });
    expect(body.results).toHaveLength(2);
  });
});

describe.each(['starter/smollm2-135m-instruct', 'starter/smollm2-135m-instruct-gguf', 'starter/shapes-vlm'])(
  'the tokenizer of %s',
  (name) => {
    it('counts as usage does, and gives the text back', async () => {
      const messages = [{ role: 'user' as const, content: 'Grüße <|im_end|> 🦊' }];
      const { count } = await jsonOf(post(`${server.apiUrl}/tokenize`, { model: name, messages }));
      const answer = await client.chat.completions.create({ model: name, messages, max_tokens: 1 });
      expect(answer.usage!.prompt_tokens).toBe(count);
      const text = 'two words';
      const { tokens } = await jsonOf(post(`${server.apiUrl}/tokenize`, { model: name, content: text }));
      expect((await jsonOf(post(`${server.apiUrl}/detokenize`, { model: name, tokens }))).content).toBe(text);
    });
  },
);

describe('the llama worker loaded to embed', () => {
  const folder = fileURLToPath(new URL('../../.runtime/models/starter/smollm2-135m-instruct-gguf/', import.meta.url));
  const program = {
    command: process.execPath,
    args: [fileURLToPath(new URL('../../dist/llama-worker/main.js', import.meta.url))],
    env: {},
    modelPath: folder + readdirSync(folder).find((name) => name.endsWith('.gguf'))!,
  };

  /** No GGUF encoder is at hand: a model that writes shows the way from text to vector, not what vectors mean. */
  it('gives a vector of length 1 for each input, the same for a text and its tokens', async () => {
    await using worker = new WorkerClient(program);
    const ready = await worker.load({ path: program.modelPath, purpose: 'embed', contextLength: 64 });
    expect(ready).toMatchObject({ type: 'ready', contextLength: 64 });
    const ask = async (id: string, inputs: (string | number[])[]) => {
      worker.channel.send({ type: 'embed', id, inputs });
      return worker.until(
        () => worker.frames.map(({ frame }) => frame).find((frame) => 'id' in frame && frame.id === id),
        `answer to ${id}`,
      );
    };
    const told = await ask('q1', ['one two', 'rain', 'one two']);
    if (told.type !== 'embeddings') throw new Error(JSON.stringify(told));
    const floats = new Float32Array(new Uint8Array(told.vectors).buffer);
    const rows = [0, 1, 2].map((row) => [...floats.subarray(row * told.dimensions, (row + 1) * told.dimensions)]);
    expect(told.dimensions).toBe(576);
    expect(dot(rows[0]!, rows[0]!)).toBeCloseTo(1, 4);
    expect(dot(rows[0]!, rows[2]!)).toBeCloseTo(1, 3);
    expect(dot(rows[0]!, rows[1]!)).toBeLessThan(0.999);
    expect(told.tokenCounts[0]).toBe(told.tokenCounts[2]);
    const failures = [await ask('q2', ['rain '.repeat(100)]), await ask('q3', [[49_152]]), await ask('q4', [[]])];
    expect(failures).toMatchObject([
      { type: 'error', code: 'context_length_exceeded', param: 'input' },
      { type: 'error', code: 'invalid_request', param: 'input' },
      { type: 'error', code: 'invalid_request', param: 'input' },
    ]);
    expect((await ask('q5', ['rain'])).type).toBe('embeddings');
  });
});
