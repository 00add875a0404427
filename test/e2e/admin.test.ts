import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { noWeights } from '../fixtures/weights/weight-files.ts';
import { admin, adminOf, chat, occupy, test } from './one-place-server.ts';
import { chatBody, post, readStream, until } from './test-server.ts';

/** Value by `name{labels}` as Prometheus reads it. */
async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(`${admin}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describe('GET /metrics', () => {
  it('has every family, and each has moved after requests of every kind', async () => {
    const low = { headers: { 'content-type': 'application/json', 'x-priority': 'low' } };
    const before = await scrape();
    expect(before.get(`mlx_server_info{version="${test.server.version}"}`)).toBe(1);
    await readStream(await post(chat, chatBody('counts', 'tokens=5', { stream: true })));
    await post(chat, chatBody('counts', 'tokens=3 cached=2'));
    await readStream(await post(chat, chatBody('dies-mid-stream', 'tokens=10', { stream: true })));
    const occupied = await occupy();
    const during = post(chat, chatBody('counts', 'tokens=1'), low);
    await until(() => test.server.fleet.queueDepth === 1);
    const waiting = await scrape();
    expect((await post(chat, chatBody('counts', 'tokens=1'))).status).toBe(503);
    expect((await during).status).toBe(503);
    const queued = post(chat, chatBody('counts', 'tokens=1'));
    await until(() => test.server.fleet.queueDepth === 1);
    await occupied.leave();
    expect((await queued).status).toBe(200);
    for (let n = 0; n < 20; n += 1) await post(chat, chatBody(`none-${n}`, 'x'));

    const after = await scrape();
    const endpoint = 'endpoint="/v1/chat/completions"';
    const at = (key: string): number | undefined => after.get(key);
    expect(at(`mlx_requests_total{${endpoint},status="200"}`)).toBe(4);
    expect(at(`mlx_requests_total{${endpoint},status="503"}`)).toBe(2);
    expect(at(`mlx_requests_total{${endpoint},status="404"}`)).toBe(20);
    expect(at(`mlx_requests_total{${endpoint},status="499"}`)).toBe(1);
    expect(at(`mlx_request_latency_seconds_count{${endpoint}}`)).toBe(27);
    expect(waiting.get(`mlx_requests_in_progress{${endpoint}}`)).toBe(2);
    expect(at(`mlx_requests_in_progress{${endpoint}}`)).toBe(0);
    expect(at('mlx_tokens_generated_total{model="test/counts"}')).toBeGreaterThan(9);
    expect(at('mlx_tokens_generated_total{model="test/dies-mid-stream"}')).toBe(10);
    expect(at('mlx_tokens_per_second{model="test/counts"}')).toBeGreaterThan(0);
    expect(at('mlx_prompt_tokens_total{model="test/counts"}')).toBe(12);
    expect(at('mlx_prompt_tokens_cached_total{model="test/counts"}')).toBe(2);
    expect(at('mlx_time_to_first_token_seconds_count{model="test/counts"}')).toBe(4);
    expect(at('mlx_inter_token_latency_seconds_count{model="test/dies-mid-stream"}')).toBe(9);
    expect([waiting.get('mlx_queue_depth'), at('mlx_queue_depth')]).toEqual([1, 0]);
    expect([waiting.get('mlx_queue_waiting{priority="low"}'), at('mlx_queue_waiting{priority="low"}')]).toEqual([1, 0]);
    expect(at('mlx_queue_waiting{priority="high"}')).toBe(0);
    expect(at('mlx_queue_wait_seconds_count{priority="normal"}')).toBe(5);
    expect(at('mlx_queue_full_rejects_total')).toBe(1);
    expect(at('mlx_queue_timeouts_total{priority="low"}')).toBe(1);
    expect(at('mlx_rate_limit_rejects_total')).toBe(0);
    expect([waiting.get('mlx_active_requests'), at('mlx_active_requests')]).toEqual([1, 0]);
    expect(at('mlx_model_loaded{model="test/counts"}')).toBe(1);
    expect(at('mlx_model_memory_gb{model="test/counts"}')).toBeGreaterThan(0);
    expect(at('mlx_worker_alive{model="test/counts"}')).toBe(1);
    expect(at('mlx_model_load_seconds_count{model="test/dies-mid-stream"}')).toBe(2);
    expect(at('mlx_worker_exits_total{model="test/dies-mid-stream",reason="crashed"}')).toBe(1);
    expect(at('mlx_generations_recovered_total{model="test/dies-mid-stream"}')).toBe(1);
    expect([...after.keys()].filter((key) => key.includes('none-'))).toEqual([]);
    await post(`${admin}/admin/unload`, { model: 'test/counts' });
    const unloaded = await scrape();
    for (const family of ['mlx_model_loaded', 'mlx_worker_alive', 'mlx_model_memory_gb'])
      expect(unloaded.get(`${family}{model="test/counts"}`)).toBe(0);
  });
});

describe('GET /admin/requests and /admin/queue', () => {
  it('tell of a request while it waits, while it runs, and after', async () => {
    const occupied = await occupy();
    const answer = post(chat, chatBody('counts', 'tokens=2 cached=1', { temperature: 0.5, max_tokens: 9 }), {
      headers: { 'content-type': 'application/json', 'x-request-id': 'mine-1' },
    });
    await until(() => test.server.fleet.queueDepth === 1);
    const queue = await adminOf('/admin/queue');
    expect(queue).toMatchObject({ depth: 1, waiting: { high: 0, normal: 1, low: 0 } });
    expect(queue.requests).toMatchObject([{ model: 'test/counts', priority: 'normal' }]);
    const { live } = await adminOf('/admin/requests');
    expect(live).toHaveLength(2);
    expect(live[0]).toMatchObject({ id: occupied.id, status: null, generations: [{ phase: 'decoding' }] });
    expect(live[1]).toMatchObject({ clientRequestId: 'mine-1', generations: [{ phase: 'waiting', queueMs: null }] });
    await occupied.leave();
    expect((await answer).status).toBe(200);
    await until(async () => (await adminOf('/admin/requests')).live.length === 0);
    const { recent } = await adminOf('/admin/requests');
    expect(recent[0]).toMatchObject({
      clientRequestId: 'mine-1',
      endpoint: '/v1/chat/completions',
      status: 200,
      code: null,
      generations: [
        {
          model: 'test/counts',
          phase: 'ended',
          prefillMs: 1,
          decodeMs: 1,
          promptTokens: 3,
          cachedTokens: 1,
          completionTokens: 2,
          finishReason: 'stop',
          parameters: { max_tokens: 9, temperature: 0.5, top_p: 1, repetition_penalty: 1 },
        },
      ],
    });
    const [{ queueMs, loadMs }] = recent[0].generations;
    expect([queueMs > 0, loadMs >= 0]).toEqual([true, true]);
    expect(recent[1]).toMatchObject({ id: occupied.id, status: 499 });
    expect((await adminOf('/admin/queue')).depth).toBe(0);
  });
});

describe('GET /admin/events', () => {
  it('begins with the status and goes on with what happens', async () => {
    const leaving = new AbortController();
    const response = await fetch(`${admin}/admin/events`, { signal: leaving.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const seen: { event: string; data: Record<string, unknown> }[] = [];
    const parser = createParser({
      onEvent: ({ event, data }) => seen.push({ event: event!, data: JSON.parse(data) as Record<string, unknown> }),
    });
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const bytes of response.body!) parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }));
    })().catch(() => {});
    await post(chat, chatBody('counts', 'tokens=2'));
    await until(() => seen.some(({ data }) => data.endpoint === '/v1/chat/completions' && data.status === 200));
    expect(seen[0]).toMatchObject({ event: 'status', data: { version: test.server.version } });
    const names = seen.map(({ event }) => event);
    for (const name of ['request-received', 'generation-granted', 'generation-ended', 'request-finished'])
      expect(names).toContain(name);
    expect(names).not.toContain('tokens-generated');
    leaving.abort();
    await reading;
  });
});

describe('GET /admin/capabilities', () => {
  it('reads them from the files of the model', async () => {
    const folder = join(test.folder, 'models', 'test', 'seeing');
    mkdirSync(folder);
    const config = { vision_config: {}, text_config: { max_position_embeddings: 4096 } };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    writeFileSync(join(folder, 'model.safetensors'), noWeights());
    writeFileSync(join(folder, 'chat_template.jinja'), '{% if tools %}<tool_call>{% endif %}');
    expect(await adminOf('/admin/capabilities?model=test/seeing')).toEqual({
      model: 'test/seeing',
      engine: 'mlx-vision',
      text: true,
      vision: true,
      embeddings: false,
      tools: true,
      toolFormat: 'hermes',
      thinking: false,
      contextLength: 4096,
      architecture: 'unknown',
      parameters: null,
      quantization: null,
      complete: true,
      problem: null,
    });
    expect(await adminOf('/admin/capabilities')).toMatchObject({ model: 'test/counts', vision: false, tools: false });
    expect((await fetch(`${admin}/admin/capabilities?model=org/none`)).status).toBe(404);
    expect((await fetch(`${admin}/admin/capabilities?model=../x`)).status).toBe(400);
  });
});
