import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/index.ts';
import { jsonOf, startTestServer, type TestServer, words } from './test-server.ts';

let test: TestServer;
let api: string;

beforeAll(async () => {
  test = await startTestServer(['counts'], {
    rateLimitEnabled: true,
    rateLimitRpm: 60,
    rateLimitBurst: 2,
    apiKeys: ['one', 'two', 'three'].map((name) => ({ name, secret: new Secret(name) })),
  });
  api = test.server.apiUrl;
});
afterAll(async () => test[Symbol.asyncDispose]());

const models = (key: string): Promise<Response> => fetch(`${api}/v1/models`, { headers: { 'x-api-key': key } });

describe('a rate limit', () => {
  it('refuses one key and not another, and says when to come back', async () => {
    const first = await models('one');
    expect(first.status).toBe(200);
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('60');
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1');
    expect(first.headers.get('x-ratelimit-reset-requests')).toBe('1s');
    await models('one');
    const refused = await models('one');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await jsonOf(refused)).error).toMatchObject({ code: 'rate_limited', type: 'rate_limit_error' });
    expect((await models('two')).status).toBe(200);
    const headers = { 'x-api-key': 'two' };
    const metrics = await (await fetch(`${test.server.adminUrl}/metrics`, { headers })).text();
    expect(metrics).toContain('mlx_rate_limit_rejects_total 1');
  });

  it('leaves health, readiness and the admin port alone', async () => {
    for (let n = 0; n < 5; n += 1) {
      expect((await fetch(`${api}/health`)).status).toBe(200);
      const status = await fetch(`${test.server.adminUrl}/admin/status`, { headers: { 'x-api-key': 'one' } });
      expect(status.status).toBe(200);
    }
  });

  it("is waited out by OpenAI's own client", async () => {
    const client = new OpenAI({ baseURL: `${api}/v1`, apiKey: 'three' });
    const messages = [{ role: 'user' as const, content: 'tokens=1' }];
    const answers = [];
    for (let n = 0; n < 3; n += 1)
      answers.push(await client.chat.completions.create({ model: 'test/counts', messages }));
    expect(answers.map(({ choices }) => choices[0]!.message.content)).toEqual([words(1), words(1), words(1)]);
    const metrics = await (await fetch(`${test.server.adminUrl}/metrics`, { headers: { 'x-api-key': 'two' } })).text();
    expect(Number(/mlx_rate_limit_rejects_total (\d+)/.exec(metrics)![1])).toBeGreaterThan(1);
  });
});
