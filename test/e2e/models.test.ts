// What the server tells of its models, to each kind of client; and of a model that is not all here.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/index.ts';
import { safetensors } from '../fixtures/weights/weight-files.ts';
import { chatBody, jsonOf, post, startTestServer, type TestServer } from './test-server.ts';

const fixtures = ['counts', 'emits-steps', 'never-stops', 'pauses', 'runs-one', 'sees-images'];
const ids = fixtures.map((name) => `test/${name}`);
const withKey = { headers: { 'x-api-key': 'the-key', 'content-type': 'application/json' } };
const weights = safetensors({ 'a.weight': ['U32', 64, 16], 'a.scales': ['F16', 64, 4], 'b.weight': ['F16', 64] });
let test: TestServer;
let inFolder: (name: string) => string;
let apis: { readonly openai: OpenAI; readonly anthropic: Anthropic; readonly ollama: Ollama };

beforeAll(async () => {
  const apiKeys = [{ name: 'a', secret: new Secret('the-key') }];
  test = await startTestServer(fixtures, { apiKeys, aliases: { small: 'test/counts' } });
  const { apiUrl } = test.server;
  apis = {
    openai: new OpenAI({ baseURL: `${apiUrl}/v1`, apiKey: 'the-key', maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: apiUrl, apiKey: 'the-key', maxRetries: 0 }),
    ollama: new Ollama({ host: apiUrl, headers: { authorization: 'Bearer the-key' } }),
  };
  inFolder = (name) => join(test.folder, 'models', 'test', 'counts', name);
  const config = { model_type: 'llama', hidden_size: 128, max_position_embeddings: 2048, quantization: { bits: 4 } };
  writeFileSync(inFolder('config.json'), JSON.stringify(config));
  writeFileSync(inFolder('model.safetensors'), weights);
});
afterAll(async () => test[Symbol.asyncDispose]());

const admin = (path: string) => jsonOf(fetch(test.server.adminUrl + path, withKey));
const chat = () => post(`${test.server.apiUrl}/v1/chat/completions`, chatBody('counts', 'tokens=2'), withKey);
const told = {
  id: 'test/counts',
  object: 'model',
  owned_by: 'test',
  aliases: ['small'],
  engine: 'mlx-text',
  architecture: 'llama',
  parameters: 64 * 128 + 64,
  quantization: '4-bit',
  context_length: 2048,
  capabilities: ['text'],
  size_bytes: weights.length,
  complete: true,
  problem: null,
};

describe('a model', () => {
  it('is told of in the same words in the list, by its name and by its alias', async () => {
    const { data } = await apis.openai.models.list();
    expect(data.map(({ id }) => id).slice(0, ids.length)).toEqual(ids); // Starters come after.
    for (const model of [data[0], await apis.openai.models.retrieve('small')]) expect(model).toMatchObject(told);
    expect(await admin('/admin/capabilities?model=small')).toMatchObject({
      model: 'test/counts',
      parameters: told.parameters,
      contextLength: 2048,
    });
  });

  it('is among the loaded ones of the status once it is loaded', async () => {
    const loadedContext = async () =>
      (await apis.openai.models.retrieve('small')) as { loaded_context_length?: number };
    expect((await admin('/admin/status')).models).toEqual([]);
    expect(await loadedContext()).toMatchObject({ loaded_context_length: null });
    expect((await chat()).status).toBe(200);
    expect((await admin('/admin/status')).models).toMatchObject([told]);
    expect(await loadedContext()).toMatchObject({ loaded_context_length: 1000 });
  });

  it('has its family, size and quantisation for clients of Ollama', async () => {
    const { models } = await apis.ollama.list();
    const details = { family: 'llama', parameter_size: '8.26K', quantization_level: '4-bit', format: 'safetensors' };
    expect(models[0]).toMatchObject({ name: 'test/counts:latest', size: weights.length, details });
    const { model_info: info } = await apis.ollama.show({ model: 'test/counts' });
    expect(info).toMatchObject({ 'general.parameter_count': told.parameters, 'llama.context_length': 2048 });
  });
});

describe('the client of Anthropic', () => {
  it('gets all models, page by page', async () => {
    const { anthropic } = apis;
    const seen: string[] = [];
    for await (const { id, type } of anthropic.models.list({ limit: 4 })) seen.push(`${type} ${id}`);
    expect(seen.slice(0, ids.length)).toEqual(ids.map((id) => `model ${id}`)); // Starters come after.
    const page = await anthropic.models.list({ limit: 2, before_id: ids[3]! });
    expect(page).toMatchObject({ has_more: true, first_id: ids[1], last_id: ids[2] });
    expect((await page.getNextPage()).data.map(({ id }) => id)).toEqual([ids[0]]);
  });

  it('gets one', async () => {
    const model = await apis.anthropic.models.retrieve('test/counts');
    expect(model).toMatchObject({ type: 'model', id: 'test/counts', max_input_tokens: 2048 });
    expect(Date.parse(model.created_at)).toBeGreaterThan(0);
  });

  it.each([{ limit: 0 }, { limit: 1001 }, { after_id: 'test/none' }])('is refused %j', async (query) => {
    await expect(apis.anthropic.models.list(query)).rejects.toMatchObject({ status: 400 });
  });
});

it('a model whose weights are cut short is listed as such, and a request says what is missing', async () => {
  await post(`${test.server.adminUrl}/admin/unload`, {}, withKey);
  writeFileSync(inFolder('model.safetensors'), weights.subarray(0, weights.length - 100));
  const problem =
    'test/counts is not all here: model.safetensors is 100 bytes too short. Put whole files into its folder.';
  const response = await chat();
  expect([response.status, (await jsonOf(response)).error]).toMatchObject([
    503,
    { code: 'worker_start_failed', message: problem },
  ]);
  expect(await apis.openai.models.retrieve('small')).toMatchObject({ complete: false, problem, parameters: null });
  expect((await apis.anthropic.models.list()).data.map(({ id }) => id)).not.toContain('test/counts');
  expect((await admin('/admin/status')).workers).toEqual([]);
  writeFileSync(inFolder('model.safetensors'), weights);
  expect((await chat()).status).toBe(200);
  rmSync(inFolder('model.safetensors'));
  expect((await apis.openai.models.list()).data.map(({ id }) => id)).not.toContain('test/counts');
});
