import { afterEach, describe, expect, it } from 'vitest';
import { type Config, loadConfig, readMachine, settingNames } from '../../src/config/index.ts';
import { chatBody, jsonOf, post, readStream, startTestServer, type TestServer, until, words } from './test-server.ts';

const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server[Symbol.asyncDispose]()));
});

/** A server with a configuration file that the test writes anew. Its ports and folders are those of all tests. */
async function start(text: string, fixtures: readonly string[] = ['counts'], overrides: Partial<Config> = {}) {
  let fileText = text;
  const machine = readMachine();
  const inFile = (): { readonly values: Partial<Config> } | { readonly problems: readonly string[] } => {
    const loaded = loadConfig({ flags: {}, env: {}, file: { name: 'c.yaml', text: fileText }, machine });
    if ('problems' in loaded) return loaded;
    const { config, origins } = loaded;
    const set = settingNames.filter((name) => origins[name] === 'file').map((name) => [name, config[name]]);
    return { values: { ...Object.fromEntries(set), aliases: config.aliases, models: config.models } };
  };
  const first = inFile();
  if ('problems' in first) throw new Error(first.problems.join());
  const defaults = loadConfig({ flags: {}, env: {}, file: null, machine });
  const test = await startTestServer(fixtures, { ...first.values, ...overrides }, (config) => () => {
    const read = inFile();
    if ('problems' in read) return read;
    const untold = 'config' in defaults ? defaults.config : {};
    const { port, adminPort, modelsDirs, stateDir, huggingFaceHome, defaultModel, logLevel } = config;
    const fixed = { port, adminPort, modelsDirs, stateDir, huggingFaceHome, defaultModel, logLevel };
    return { config: { ...config, ...untold, ...fixed, ...read.values, ...overrides } };
  });
  servers.push(test);
  const { adminUrl, apiUrl } = test.server;
  return {
    test,
    api: apiUrl,
    chat: `${apiUrl}/v1/chat/completions`,
    admin: adminUrl,
    write: (next: string) => {
      fileText = next;
    },
    reload: (headers: Record<string, string> = {}) => fetch(`${adminUrl}/admin/reload`, { method: 'POST', headers }),
    workers: async (): Promise<string[]> => {
      const { workers } = await jsonOf(fetch(`${adminUrl}/admin/status`));
      return workers.map(({ model }: { model: string }) => model);
    },
  };
}

const ask = (url: string, content: string, model = 'counts', more: object = {}) =>
  post(url, chatBody(model, content, more));

describe('POST /admin/reload', () => {
  it('changes keys, origins, hosts and the rate limit for the next request', async () => {
    const { api, write, reload } = await start('api_keys: ["a:old"]');
    const status = async (headers: Record<string, string>) => (await fetch(`${api}/v1/models`, { headers })).status;
    expect(await status({ 'x-api-key': 'old' })).toBe(200);
    write(
      'api_keys: ["a:new"]\nallowed_origins: [https://app.example]\nrate_limit_enabled: true\nrate_limit_rpm: 1\nrate_limit_burst: 2',
    );
    const answer = await reload({ 'x-api-key': 'old' });
    expect(answer.status).toBe(200);
    expect((await jsonOf(answer)).changed).toEqual([
      'api_keys',
      'allowed_origins',
      'rate_limit_enabled',
      'rate_limit_rpm',
      'rate_limit_burst',
    ]);
    expect(await status({ 'x-api-key': 'old' })).toBe(401);
    expect(await status({ 'x-api-key': 'new', origin: 'https://app.example' })).toBe(200);
    expect(await status({ 'x-api-key': 'new', origin: 'https://other.example' })).toBe(403);
    expect(await status({ 'x-api-key': 'new' })).toBe(200);
    expect(await status({ 'x-api-key': 'new' })).toBe(429);
  });

  it('changes aliases, and the sampling of a model', async () => {
    const { chat, write, reload, admin } = await start('');
    const alias = { messages: [{ role: 'user', content: 'tokens=1' }], model: 'small' };
    expect((await post(chat, alias)).status).toBe(400);
    write('aliases: { small: test/counts }\nmodels: { test/counts: { sampling: { temperature: 0.25, top_k: 3 } } }');
    expect((await jsonOf(reload())).changed).toEqual(['aliases', 'models']);
    expect((await post(chat, alias)).status).toBe(200);
    expect((await post(chat, { ...alias, top_k: 9 })).status).toBe(200);
    const { recent } = await jsonOf(fetch(`${admin}/admin/requests`));
    const used = recent.flatMap((request: { generations: { parameters: object }[] }) =>
      request.generations.map(({ parameters }) => parameters),
    );
    expect(used).toMatchObject([
      { temperature: 0.25, top_k: 9 },
      { temperature: 0.25, top_k: 3 },
    ]);
  });

  it('changes the depth of the queue, while running and waiting requests go on', async () => {
    const { chat, write, reload } = await start('queue_max_depth: 1', ['counts'], { maxConcurrentRequests: 1 });
    const first = await ask(chat, 'tokens=150 delayMs=20', 'counts', { stream: true });
    const running = readStream(first);
    const waiting = ask(chat, 'tokens=2');
    await untilWaiting(1);
    expect((await jsonOf(ask(chat, 'tokens=1'))).error.code).toBe('queue_full');
    write('queue_max_depth: 2');
    expect((await jsonOf(reload())).changed).toEqual(['queue_max_depth']);
    const second = ask(chat, 'tokens=3');
    await untilWaiting(2);
    const { text, done } = await running;
    expect([text, done]).toEqual([words(150), true]);
    for (const [answer, tokens] of [
      [waiting, 2],
      [second, 3],
    ] as const)
      expect((await jsonOf(answer)).choices[0].message.content).toBe(words(tokens));

    async function untilWaiting(depth: number): Promise<void> {
      await until(() => servers.at(-1)!.server.fleet.queueDepth === depth);
    }
  });

  it('changes nothing where the file is broken, and says all that is wrong with it', async () => {
    const { api, write, reload } = await start('api_keys: ["a:key"]');
    write('api_keys: []\nnonsense: 1\nqueue_max_depth: many');
    const key = { 'x-api-key': 'key' };
    const answer = await reload(key);
    expect(answer.status).toBe(400);
    const { error } = await jsonOf(answer);
    expect(error.code).toBe('invalid_request');
    for (const part of ['c.yaml:1: api_keys', 'c.yaml:2: nonsense', 'c.yaml:3: queue_max_depth'])
      expect(error.message).toContain(part);
    expect((await fetch(`${api}/v1/models`)).status).toBe(401);
    expect((await fetch(`${api}/v1/models`, { headers: key })).status).toBe(200);
  });

  it('tells what counts from the next load on, and what needs a restart; a loaded worker keeps what it has', async () => {
    const { test, write, reload, chat, admin } = await start('request_timeout: 5', ['tells-its-load']);
    const contextLength = async (): Promise<string> =>
      (await jsonOf(ask(chat, 'x', 'tells-its-load'))).choices[0].message.content;
    expect(await contextLength()).toBe('null');
    write('port: 7\nrequest_timeout: 77\nmodels: { test/tells-its-load: { context_length: 64 } }');
    expect(await jsonOf(reload())).toMatchObject({
      atNextLoad: ['request_timeout', 'models.context_length'],
      atRestart: ['port'],
    });
    expect(test.server.live.current.requestTimeoutMs).toBe(77_000);
    expect(await contextLength()).toBe('null');
    await post(`${admin}/admin/unload`, {});
    expect(await contextLength()).toBe('64');
  });
});

describe('idle models', () => {
  it('are unloaded after a time of their own, and a pinned one stays', async () => {
    const { workers, chat } = await start(
      'idle_timeout: 600\nmodels: { test/counts: { ttl: 0.1 }, test/runs-one: { pin: true, } }',
      ['counts', 'runs-one', 'sees-images'],
    );
    for (const model of ['counts', 'runs-one', 'sees-images'])
      expect((await ask(chat, 'tokens=1', model)).status).toBe(200);
    await until(async () => !(await workers()).includes('test/counts'));
    expect(await workers()).toEqual(['test/runs-one', 'test/sees-images']);
  });

  it('are unloaded by a reload that shortens their time, counted from their last use', async () => {
    const { workers, chat, write, reload } = await start('idle_timeout: 600', ['counts', 'runs-one']);
    for (const model of ['counts', 'runs-one']) expect((await ask(chat, 'tokens=1', model)).status).toBe(200);
    write('idle_timeout: 0.1\nmodels: { test/runs-one: { pin: true } }');
    await reload();
    await until(async () => (await workers()).length === 1);
    expect(await workers()).toEqual(['test/runs-one']);
    write('idle_timeout: 0.1');
    await reload();
    await until(async () => (await workers()).length === 0);
  });

  it('are not those that an operator is loading: a reload does not cut that short', async () => {
    const { admin, workers, write, reload } = await start('idle_timeout: 600', ['slow-to-load']);
    const loading = post(`${admin}/admin/load`, { model: 'test/slow-to-load' });
    await until(async () => (await workers()).length === 1);
    write('idle_timeout: 0.1');
    await reload();
    expect((await loading).status).toBe(200);
    await until(async () => (await workers()).length === 0);
  });

  it('make no room for another while they are pinned', async () => {
    const { chat, write, reload, workers } = await start('memory_budget: 0.9\nmodels: { test/counts: { pin: true } }', [
      'counts',
      'runs-one',
    ]);
    expect((await ask(chat, 'tokens=1')).status).toBe(200);
    const refused = await ask(chat, 'tokens=1', 'runs-one');
    expect((await jsonOf(refused)).error.code).toBe('insufficient_memory');
    write('memory_budget: 0.9');
    await reload();
    expect((await ask(chat, 'tokens=1', 'runs-one')).status).toBe(200);
    expect(await workers()).toEqual(['test/runs-one']);
  });
});
