// Downloads through a server: by /admin/pull, and by a request that names a model which is not there yet.
import { createParser } from 'eventsource-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HubDouble, startHubDouble } from '../fixtures/hub/hub-double.ts';
import { rawSafetensors } from '../fixtures/weights/weight-files.ts';
import { chatBody, jsonOf, post, startTestServer, type TestServer, words } from './test-server.ts';

const files = {
  'config.json': Buffer.from('{"model_type":"scripted"}'),
  'model.safetensors': rawSafetensors({}, 199_990),
};

async function events(response: Response): Promise<{ name: string | undefined; data: unknown }[]> {
  const seen: { name: string | undefined; data: unknown }[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => seen.push({ name: event, data: JSON.parse(data) }) });
  parser.feed(await response.text());
  return seen;
}

describe('POST /admin/pull', () => {
  let hub: HubDouble;
  let test: TestServer;
  let pull: string;
  beforeAll(async () => {
    hub = await startHubDouble(files, { answers: ['break-off', 'break-off'] });
    test = await startTestServer(['counts'], { huggingFaceEndpoint: hub.endpoint });
    pull = `${test.server.adminUrl}/admin/pull`;
  });
  afterAll(async () => {
    await test[Symbol.asyncDispose]();
    await hub.close();
  });
  const chat = (): Promise<Response> =>
    post(`${test.server.apiUrl}/v1/chat/completions`, { ...chatBody('', 'tokens=3'), model: 'hub/counts' });

  it('brings a model that can be used at once; two who ask share one download', async () => {
    expect(await jsonOf(chat())).toMatchObject({ error: { code: 'model_not_found' } });
    const both = await Promise.all([post(pull, { model: 'hub/counts' }), post(pull, { model: 'hub/counts' })]);
    for (const response of both) {
      expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
      const told = await events(response);
      expect(told.at(-2)).toMatchObject({
        name: 'progress',
        data: { model: 'hub/counts', doneBytes: 200_025, totalBytes: 200_025, files: 2 },
      });
      expect(told.at(-1)).toEqual({ name: 'done', data: { model: 'hub/counts' } });
    }
    expect(hub.requests).toHaveLength(4); // Two files, and two that broke off.
    expect(await jsonOf(chat())).toMatchObject({ choices: [{ message: { content: words(3) } }] });
  });

  it.each([
    [{ model: '../x' }, 400, 'invalid_request'],
    [{}, 400, 'invalid_request'],
    [{ model: 'hub/counts:Q4' }, 404, 'model_not_found'],
  ])('refuses %j with its own status', async (body, status, code) => {
    const response = await post(pull, body);
    expect([response.status, await jsonOf(response)]).toMatchObject([status, { error: { code } }]);
  });
});

it('a request that names an absent model waits for its download where the operator allows it', async () => {
  const hub = await startHubDouble(files);
  const test = await startTestServer(['counts'], { huggingFaceEndpoint: hub.endpoint, autoPull: true });
  try {
    const ask = (model: string): Promise<Response> =>
      post(`${test.server.apiUrl}/v1/chat/completions`, { ...chatBody('', 'tokens=3'), model });
    expect((await ask('hub/counts')).status).toBe(200);
    expect(hub.requests).toHaveLength(2);
    hub.requests.length = 0;
    expect((await ask('not a name')).status).toBe(400);
    expect(hub.requests).toEqual([]);
  } finally {
    await test[Symbol.asyncDispose]();
    await hub.close();
  }
});
