// The settings of a model that its worker is told at the load, from the configuration file to a real engine.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { jsonOf, post } from '../e2e/test-server.ts';
import { type RealServer, startRealServer, workerPid } from './real-server.ts';

const mlx = 'starter/smollm2-135m-instruct';
const vision = 'starter/shapes-vlm';
const folder = mkdtempSync(join(tmpdir(), 'mlx-tuning-'));
const file = join(folder, 'config.yaml');
const write = (models: object): void => writeFileSync(file, JSON.stringify({ models }));

let server: RealServer;
beforeAll(async () => {
  write({ [mlx]: { kv_bits: 8, prompt_cache: 0 } });
  server = await startRealServer({ MLX_CONFIG: file });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const ask = (model: string): Promise<Response> =>
  post(`${server.apiUrl}/v1/chat/completions`, {
    model,
    messages: [{ role: 'user', content: 'Hi' }],
    max_tokens: 2,
    temperature: 0,
  });

async function reload(models: object): Promise<Response> {
  write(models);
  return post(`${server.adminUrl}/admin/reload`, {});
}

const unload = (model: string): Promise<Response> => post(`${server.adminUrl}/admin/unload`, { model });

describe('a tuned model', () => {
  it('answers with a cache of 8 bits, and keeps no prompt where it may not', async () => {
    const first = await jsonOf(ask(mlx));
    const second = await jsonOf(ask(mlx));
    expect(second.choices[0].message.content).toBe(first.choices[0].message.content);
    expect(second.usage.prompt_tokens_details.cached_tokens).toBe(0);
  });

  it.runIf(process.platform === 'linux')('has its malloc set before its interpreter starts', async () => {
    const environment = readFileSync(`/proc/${await workerPid(server, mlx)}/environ`, 'latin1').split('\0');
    expect(environment).toContain('MALLOC_TRIM_THRESHOLD_=131072');
    expect(environment).toContain('MALLOC_MMAP_THRESHOLD_=131072');
  });

  it('is loaded anew with what a reload has changed, and keeps prompts again', async () => {
    expect(await jsonOf(reload({ [mlx]: {} }))).toMatchObject({
      atNextLoad: ['models.kv_bits', 'models.prompt_cache'],
    });
    await unload(mlx);
    await ask(mlx);
    expect((await jsonOf(ask(mlx))).usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(0);
    await unload(mlx);
  });

  it.each([
    [mlx, { draft_model: 'starter/absent' }, 'draft model cannot be used: The model "starter/absent" is not on this'],
    [mlx, { adapter: '.' }, 'adapter: it must be a folder with adapter_config.json'],
    [vision, { kv_bits: 4 }, 'kv_bits: the cache of this model cannot be quantised'],
    [`${mlx}-gguf`, { draft_model: mlx }, `its draft model ${mlx} is a model for mlx-text, and this one runs on llama`],
  ])('%s does not load with %o, and the client hears why', async (model, settings, reason) => {
    expect((await reload({ [model]: settings })).status).toBe(200);
    // A start that failed is not tried again for a second: until then the client hears of the one before.
    const { error } = await vi.waitFor(
      async () => {
        const response = await ask(model);
        expect(response.status).toBe(503);
        const body = await jsonOf(response);
        expect(body.error.message).toContain(reason);
        return body;
      },
      { timeout: 60_000, interval: 200 },
    );
    expect(error.code).toBe('worker_start_failed');
    expect(error.message).not.toContain(folder);
  });

  it('with an adapter that is not there is refused at the reload', async () => {
    const { error } = await jsonOf(reload({ [mlx]: { adapter: 'nowhere' } }));
    expect(error.message).toContain('adapter names nothing on this disk');
  });
});
