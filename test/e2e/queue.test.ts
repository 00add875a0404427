// Who waits for a slot, over real HTTP: the order, turns between keys, and what those hear who are refused or leave.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/index.ts';
import { isBuilt, startServerProcess } from './server-process.ts';
import { chatBody, jsonOf, post, readStream, startTestServer, type TestServer, until } from './test-server.ts';

let test: TestServer;
let chat: string;

beforeAll(async () => {
  test = await startTestServer(['counts', 'pauses'], {
    maxConcurrentRequests: 1,
    queueMaxDepth: 12,
    apiKeys: ['a', 'b'].map((name) => ({ name, secret: new Secret(name) })),
  });
  chat = `${test.server.apiUrl}/v1/chat/completions`;
});
afterAll(async () => test[Symbol.asyncDispose]());

const headersOf = (key: string, priority = 'normal') => ({
  'content-type': 'application/json',
  'x-api-key': key,
  'x-priority': priority,
});
const adminOf = (path: string): Promise<ReturnType<typeof jsonOf>> =>
  jsonOf(fetch(test.server.adminUrl + path, { headers: headersOf('a') }));

/** A stream that holds the only slot of `model` until it is left. */
async function occupy(model = 'counts'): Promise<() => void> {
  const leaving = new AbortController();
  const body = chatBody(model, 'tokens=100000 delayMs=20', { stream: true });
  const response = await post(chat, body, { headers: headersOf('a', 'high'), signal: leaving.signal });
  void readStream(response).catch(() => {});
  return () => leaving.abort();
}

/** Asks, and resolves once the request waits; `answer` is what comes of it. */
async function queue(name: string, key: string, priority: string, signal?: AbortSignal) {
  const depth = test.server.fleet.queueDepth;
  const answer = post(chat, chatBody('counts', `tokens=2 delayMs=20 word=${name}`), {
    headers: headersOf(key, priority),
    ...(signal === undefined ? {} : { signal }),
  });
  await until(() => test.server.fleet.queueDepth === depth + 1);
  return { answer };
}

/** Puts them into the queue one by one, frees the slot, and tells in which order they were complete. */
async function completionOrder(requests: readonly (readonly [name: string, key: string, priority: string])[]) {
  const leave = await occupy();
  const order: string[] = [];
  const waits: number[] = [];
  const answers: Promise<void>[] = [];
  for (const [name, key, priority] of requests) {
    const { answer } = await queue(name, key, priority);
    const done = async (): Promise<void> => {
      const response = await answer;
      expect((await jsonOf(response)).choices[0].message.content).toMatch(new RegExp(`^${name}0 `));
      order.push(name);
      waits.push(Number(response.headers.get('x-queue-wait-ms')));
    };
    answers.push(done());
  }
  leave();
  await Promise.all(answers);
  return { order, waits };
}

describe('with one slot', () => {
  it('answers come by priority and then by arrival, each with the time it waited', async () => {
    const { order, waits } = await completionOrder([
      ['l1', 'a', 'low'],
      ['n1', 'a', 'normal'],
      ['h1', 'a', 'high'],
      ['l2', 'a', 'low'],
      ['h2', 'a', 'high'],
      ['n2', 'a', 'normal'],
    ]);
    expect(order).toEqual(['h1', 'h2', 'n1', 'n2', 'l1', 'l2']);
    expect(Math.min(...waits)).toBeGreaterThan(0);
    const alone = await post(chat, chatBody('counts', 'tokens=1'), { headers: headersOf('a') });
    expect(alone.headers.get('x-queue-wait-ms')).toBeNull();
  });

  it('keys take turns inside a priority', async () => {
    const { order } = await completionOrder([
      ['a1', 'a', 'normal'],
      ['a2', 'a', 'normal'],
      ['a3', 'a', 'normal'],
      ['b1', 'b', 'normal'],
      ['b2', 'b', 'normal'],
      ['bh', 'b', 'high'],
    ]);
    expect(order).toEqual(['bh', 'a1', 'b1', 'a2', 'b2', 'a3']);
  });

  it('a waiter that leaves is gone at once, and counted no more', async () => {
    const leave = await occupy();
    const leaving = new AbortController();
    const { answer } = await queue('gone', 'b', 'low', leaving.signal);
    answer.catch(() => {});
    expect(await adminOf('/admin/queue')).toMatchObject({ depth: 1, waiting: { high: 0, normal: 0, low: 1 } });
    leaving.abort();
    await until(() => test.server.fleet.queueDepth === 0, 1000);
    expect(await adminOf('/admin/queue')).toMatchObject({ depth: 0, waiting: { high: 0, normal: 0, low: 0 } });
    leave();
    await until(() => !test.server.fleet.busy);
  });
});

describe('Retry-After of queue_full', () => {
  /** Serves a few answers of `delayMs`, fills the queue, and tells what one more hears. */
  async function refusedAfter(model: string, count: number, delayMs: number): Promise<number> {
    const ask = (content: string, init: RequestInit = {}): Promise<Response> =>
      post(chat, chatBody(model, content), { headers: headersOf('a'), ...init });
    for (let n = 0; n < count; n += 1) await ask(`tokens=1 delayMs=${delayMs}`);
    const leave = await occupy(model);
    const leaving = new AbortController();
    for (let n = 0; n < 12; n += 1) ask('tokens=1', { signal: leaving.signal }).catch(() => {});
    await until(async () => (await adminOf('/admin/queue')).depth === 12);
    const refused = await ask('tokens=1');
    expect([refused.status, (await jsonOf(refused)).error.code]).toEqual([503, 'queue_full']);
    leaving.abort();
    leave();
    await until(() => !test.server.fleet.busy);
    return Number(refused.headers.get('retry-after'));
  }

  it('tells of a model that is fast, and of one that is slow', async () => {
    const slow = await refusedAfter('pauses', 3, 300); // 600 ms each: thirteen of them take eight seconds.
    const fast = await refusedAfter('counts', 20, 1);
    expect(slow).toBeGreaterThanOrEqual(7);
    expect(slow).toBeLessThanOrEqual(60);
    expect(fast).toBeGreaterThanOrEqual(1);
    expect(fast).toBeLessThan(slow);
  });
});

describe.skipIf(!isBuilt)('a server that was stopped for longer than the queue timeout', () => {
  it('loses nobody who waits', async () => {
    const config = { maxConcurrentRequests: 1, queueTimeoutNormalMs: 4000 };
    await using server = await startServerProcess(['counts'], { config });
    const leaving = new AbortController();
    const body = chatBody('counts', 'tokens=100000 delayMs=20', { stream: true });
    const running = await post(server.chat, body, { signal: leaving.signal });
    void readStream(running).catch(() => {});
    const waiting = post(server.chat, chatBody('counts', 'tokens=1'));
    const depth = async (): Promise<number> => (await jsonOf(fetch(`${server.admin}/admin/queue`))).depth;
    await until(async () => (await depth()) === 1);
    server.process.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 5000));
    server.process.kill('SIGCONT');
    expect(await depth()).toBe(1);
    leaving.abort();
    expect((await waiting).status).toBe(200);
  });
});
