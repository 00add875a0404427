// A low generation that lends its slot to a high one: it keeps what it has computed, and whatever happens to it meanwhile
// is as it would be had it run.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatBody, jsonOf, post, readStream, startTestServer, type TestServer, until, words } from './test-server.ts';

const requestTimeoutMs = 2000;
const slow = 'tokens=100 delayMs=20';
let test: TestServer;

beforeAll(async () => {
  test = await startTestServer(['pauses', 'ignores-pause', 'pauses-unasked'], {
    maxConcurrentRequests: 1,
    requestTimeoutMs,
  });
});
afterAll(async () => test[Symbol.asyncDispose]());

const adminOf = (path: string, server = test): Promise<ReturnType<typeof jsonOf>> =>
  jsonOf(fetch(server.server.adminUrl + path));
const totals = async () => (await adminOf('/admin/status')).totals;
const worker = async (model = 'test/pauses') =>
  (await adminOf('/admin/status')).workers.find((one: { model: string }) => one.model === model);

function ask(
  model: string,
  content: string,
  { priority, headers = {}, signal = null, server = test }: AskOptions,
): Promise<Response> {
  const all = { 'content-type': 'application/json', 'x-priority': priority, ...headers };
  const url = `${server.server.apiUrl}/v1/chat/completions`;
  return post(url, chatBody(model, content, { stream: true }), { headers: all, signal });
}

interface AskOptions {
  readonly priority: 'high' | 'low' | 'normal';
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal | null;
  readonly server?: TestServer;
}

/** A low stream that is paused for a high one, which runs for as long as it takes or is let go. */
async function pausedLow(options: { headers?: Record<string, string>; server?: TestServer; high?: string } = {}) {
  const { headers = {}, server = test, high = 'tokens=100000 delayMs=20' } = options;
  const leavingLow = new AbortController();
  const response = await ask('pauses', slow, { priority: 'low', headers, server, signal: leavingLow.signal });
  let begun = false;
  const low = readStream(response, () => {
    begun = true;
  });
  low.catch(() => {});
  await until(() => begun);
  const leavingHigh = new AbortController();
  const highAnswer = readStream(await ask('pauses', high, { priority: 'high', server, signal: leavingHigh.signal }));
  highAnswer.catch(() => {});
  return {
    id: response.headers.get('x-request-id')!,
    low,
    high: highAnswer,
    leaveLow: () => leavingLow.abort(),
    leaveHigh: () => leavingHigh.abort(),
  };
}

const idle = () => until(() => !test.server.fleet.busy);

describe('a low generation in the only slot, when a high one comes', () => {
  it('is paused, for longer than a worker may be silent, and then goes on to the same text', async () => {
    await ask('pauses', 'tokens=1', { priority: 'normal' }).then(readStream);
    const before = { totals: await totals(), pid: (await worker()).pid };
    const { id, low, high } = await pausedLow({ high: 'tokens=125 delayMs=20' });
    const queue = await adminOf('/admin/queue');
    expect(queue).toMatchObject({ depth: 0, paused: [{ id: expect.stringContaining(id), priority: 'low' }] });
    const { live } = await adminOf('/admin/requests');
    expect(live.map((one: { generations: { phase: string }[] }) => one.generations[0]!.phase)).toEqual([
      'paused',
      expect.stringMatching(/loading|prefill|decoding/),
    ]);
    expect((await high).text).toBe(words(125));
    expect(await low).toMatchObject({ text: words(100), done: true });
    expect((await worker()).pid).toBe(before.pid);
    expect(await totals()).toMatchObject({ workerExits: before.totals.workerExits, errors: before.totals.errors });
    await until(async () => (await adminOf('/admin/requests')).live.length === 0);
    const { recent } = await adminOf('/admin/requests');
    expect(recent.find((one: { id: string }) => one.id === id).generations[0].pausedMs).toBeGreaterThan(
      requestTimeoutMs,
    );
    const metrics = await (await fetch(`${test.server.adminUrl}/metrics`)).text();
    expect(metrics).toContain('mlx_generations_preempted_total{model="test/pauses"} 1');
    expect(metrics).toContain('mlx_active_requests 0');
  });

  it('is left where it is when the worker does not obey; the high one comes next', async () => {
    const low = ask('ignores-pause', 'tokens=20 delayMs=20', { priority: 'low' }).then(readStream);
    await until(async () => (await worker('test/ignores-pause'))?.running === 1);
    const high = ask('ignores-pause', 'tokens=2', { priority: 'high' }).then(readStream);
    expect([(await low).text, (await high).text]).toEqual([words(20), words(2)]);
    await idle();
  });
});

describe('a paused generation', () => {
  it('whose client leaves is gone from the worker, and the high one goes on', async () => {
    const { leaveLow, leaveHigh, low } = await pausedLow();
    expect((await worker()).running).toBe(2);
    leaveLow();
    await expect(low).rejects.toThrow();
    await until(async () => (await worker()).running === 1);
    expect((await adminOf('/admin/queue')).paused).toEqual([]);
    leaveHigh();
    await idle();
  });

  it('can be cancelled', async () => {
    const { id, low, leaveHigh } = await pausedLow();
    const cancelled = await post(`${test.server.adminUrl}/admin/requests/${id}/cancel`, {});
    expect(cancelled.status).toBe(200);
    expect((await low).chunks.at(-1)!.error?.code).toBe('cancelled');
    leaveHigh();
    await idle();
  });

  it('ends with its X-Request-Timeout', async () => {
    const { low, leaveHigh } = await pausedLow({ headers: { 'x-request-timeout': '4' } });
    expect((await low).chunks.at(-1)!.error?.code).toBe('cancelled');
    leaveHigh();
    await idle();
  });

  it.each([
    ['whose worker is killed', async () => void process.kill((await worker()).pid, 'SIGKILL')],
    [
      'whose model is unloaded',
      async () => void (await post(`${test.server.adminUrl}/admin/unload`, { model: 'test/pauses' })),
    ],
  ])('%s waits on, and goes on in the new worker', async (_, end) => {
    const before = await totals();
    const { low, high } = await pausedLow({ high: 'tokens=40 delayMs=20' });
    await end();
    expect((await high).text).toBe(words(40));
    expect(await low).toMatchObject({ text: words(100), done: true });
    await idle();
    expect((await totals()).workerExits).toBe(before.workerExits + 1);
    expect((await totals()).errors).toBe(before.errors);
  });

  it('is not suspected of the crashes of those for whom it is paused', async () => {
    const { low, high } = await pausedLow();
    for (let crash = 0; crash < 2; crash += 1) {
      const { pid } = await worker();
      process.kill(pid, 'SIGKILL');
      if (crash === 0) await until(async () => (await worker())?.state === 'ready' && (await worker()).running === 1);
    }
    expect((await high).chunks.at(-1)!.error?.code).toBe('worker_crashed');
    expect(await low).toMatchObject({ text: words(100), done: true });
    await idle();
  });

  it('is waited for when the server ends', async () => {
    const server = await startTestServer(['pauses'], { maxConcurrentRequests: 1, gracefulShutdownTimeoutMs: 30_000 });
    const { low, high } = await pausedLow({ server, high: 'tokens=20 delayMs=20' });
    const stopped = server.server.stop('test');
    expect((await high).text).toBe(words(20));
    expect(await low).toMatchObject({ text: words(100), done: true });
    await stopped;
    await server[Symbol.asyncDispose]();
  });
});

it('a worker that pauses what was to go on is replaced, and the answer is whole', async () => {
  const before = await totals();
  const { text } = await readStream(await ask('pauses-unasked', 'tokens=20 delayMs=20', { priority: 'low' }));
  expect(text).toBe(words(20));
  expect((await totals()).workerExitsByReason.crashed).toBe((before.workerExitsByReason.crashed ?? 0) + 1);
});
