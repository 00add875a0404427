// What fits, who goes for it, who does not, and what a client hears: with workers that hold what they say, and more.
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/index.ts';
import { safetensors, writeFiles } from '../fixtures/weights/weight-files.ts';
import { chatBody, jsonOf, post, startTestServer, type TestServer, until, words } from './test-server.ts';

const mebibyte = 1024 ** 2;
const open: TestServer[] = [];

async function start(fixtures: readonly string[], overrides: Partial<Config> = {}) {
  const test = await startTestServer(fixtures, overrides);
  open.push(test);
  const chat = `${test.server.apiUrl}/v1/chat/completions`;
  const say = async (model: string, content = 'tokens=2') => jsonOf(post(chat, chatBody(model, content)));
  const status = async () => jsonOf(fetch(`${test.server.adminUrl}/admin/status`));
  const loaded = () => test.server.fleet.snapshots().map(({ model }) => model);
  return { test, chat, say, status, loaded, fleet: test.server.fleet };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((test) => test[Symbol.asyncDispose]()));
});

/** Half a gigabyte is reckoned for a model whose files say nothing. */
const roomFor = (models: number): Partial<Config> => ({ memoryBudgetBytes: (models * 512 + 200) * mebibyte });

describe('a model that does not fit beside the others', () => {
  it('takes the place of the one that was used the longest ago', async () => {
    const { say, loaded } = await start(['counts', 'pauses', 'runs-one'], roomFor(2));
    for (const model of ['counts', 'pauses', 'counts', 'runs-one']) await say(model);
    expect(loaded()).toEqual(['test/counts', 'test/runs-one']);
  });

  it('never takes that of a pinned one, however long ago that was used', async () => {
    const models = { 'test/counts': { pin: true, sampling: {} } };
    const { say, loaded } = await start(['counts', 'pauses', 'runs-one'], { ...roomFor(2), models });
    for (const model of ['counts', 'pauses', 'runs-one']) await say(model);
    expect(loaded()).toEqual(['test/counts', 'test/runs-one']);
  });

  it('is refused at once where all others stay, with the numbers, who holds them, and what helps', async () => {
    const models = { 'test/counts': { pin: true, sampling: {} } };
    const { chat, say, fleet } = await start(['counts', 'pauses', 'runs-one'], { ...roomFor(2), models });
    await say('counts');
    const running = say('pauses', 'tokens=400 delayMs=5');
    await until(() => fleet.snapshots().some(({ model, running: count }) => model === 'test/pauses' && count > 0));
    const refused = await post(chat, chatBody('runs-one', 'tokens=1'));
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('10');
    const { code, message } = (await jsonOf(refused)).error;
    expect(code).toBe('insufficient_memory');
    expect(message).toBe(
      'test/runs-one needs about 0.5 GB; 0.2 GB of 1.2 GB can be had now. Held by test/counts 0.5 GB (pinned), ' +
        'test/pauses 0.5 GB (busy). What helps: wait or unload one of those, or take a smaller quantisation.',
    );
    expect((await running).choices[0].message.content).toBe(words(400));
  });

  it('is refused as too large for the budget where it would not fit even alone', async () => {
    const { chat } = await start(['counts'], { memoryBudgetBytes: 300 * mebibyte });
    const refused = await post(chat, chatBody('counts', 'tokens=1'));
    expect((await jsonOf(refused)).error.message).toBe(
      'test/counts needs about 0.5 GB; all models may use 0.3 GB. What helps: take a smaller quantisation, or raise MLX_MEMORY_BUDGET_GB.',
    );
  });
});

describe('what a worker really holds', () => {
  it('is what the status and the metrics tell', async () => {
    const { test, say, status } = await start(['hoards'], roomFor(4));
    await say('hoards');
    await until(async () => (await status()).workers[0].footprintBytes !== null);
    const { workers, memory } = await status();
    expect(workers[0].footprintBytes).toBeGreaterThan(800 * mebibyte);
    expect(workers[0].footprintBytes).toBeLessThan(1100 * mebibyte);
    expect(memory).toEqual({ budgetBytes: (4 * 512 + 200) * mebibyte, heldBytes: workers[0].footprintBytes });
    const metrics = await (await fetch(`${test.server.adminUrl}/metrics`)).text();
    const gigabytes = Number(/^mlx_model_memory_gb\{model="test\/hoards"\} (\S+)$/m.exec(metrics)?.[1]);
    expect(gigabytes).toBeCloseTo(workers[0].footprintBytes / 1024 ** 3);
  });

  it('counts where it is more than was reckoned: the next model finds less room', async () => {
    const { chat, say, fleet, loaded } = await start(['hoards', 'counts'], roomFor(2));
    const running = say('hoards', 'tokens=400 delayMs=5');
    await until(() => (fleet.snapshots()[0]?.running ?? 0) > 0);
    const refused = await post(chat, chatBody('counts', 'tokens=1'));
    expect((await jsonOf(refused)).error.message).toMatch(/Held by test\/hoards 0\.[89] GB \(busy\)/);
    await running;
    await say('counts');
    expect(loaded()).toEqual(['test/counts']);
  });

  it('ends a model that nobody uses, where it is more than all may hold', async () => {
    const { say, loaded } = await start(['hoards'], roomFor(1));
    await say('hoards');
    await until(() => loaded().length === 0, 30_000);
  });
});

describe('a context whose cache would outgrow the memory', () => {
  /** 256 KiB of cache a token on a CPU: 32 GiB for its own context. */
  const config = {
    model_type: 'llama',
    hidden_size: 4096,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    max_position_embeddings: 131_072,
    vocab_size: 1000,
  };
  const model = 'tells-its-load';

  async function startLarge(overrides: Partial<Config> = {}) {
    const started = await start([model], { memoryBudgetBytes: 8 * 1024 * mebibyte, ...overrides });
    const folder = join(started.test.folder, 'models', 'test', model);
    const weights = safetensors({ 'model.embed_tokens.weight': ['F32', 1000, 16] });
    writeFiles({ [join(folder, 'config.json')]: config, [join(folder, 'model.safetensors')]: weights });
    return started;
  }

  it('is shortened where nobody ordered it, and the status says so', async () => {
    const { say, status } = await startLarge();
    const contextLength = Number((await say(model)).choices[0].message.content);
    expect(contextLength).toBeGreaterThanOrEqual(4096);
    expect(contextLength).toBeLessThan(32_768);
    const { workers } = await status();
    expect(workers[0]).toMatchObject({ ownContextLength: 131_072 });
    expect(workers[0].plannedBytes).toBeLessThanOrEqual(8 * 1024 * mebibyte);
  });

  it('is refused with the numbers where it was ordered', async () => {
    const models = { [`test/${model}`]: { pin: false, contextLength: 100_000, sampling: {} } };
    const { say } = await startLarge({ models });
    const { code, message } = (await say(model)).error;
    expect(code).toBe('insufficient_memory');
    expect(message).toMatch(/needs about \d\d\.\d GB with a context of 100000 tokens; all models may use 8\.0 GB\./);
    expect(message).toMatch(/lower its context_length/);
  });

  it('is given as ordered where it fits', async () => {
    const models = { [`test/${model}`]: { pin: false, contextLength: 5000, sampling: {} } };
    const { say } = await startLarge({ models });
    expect((await say(model)).choices[0].message.content).toBe('5000');
  });
});
