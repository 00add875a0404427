// Workers that live and lie. Each is replaced, or its lie is dropped; no request ever sees another's bytes.
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/index.ts';
import { isBuilt, startServerProcess } from './server-process.ts';
import { chatBody, jsonOf, post, readStream, startTestServer, type TestServer, until, words } from './test-server.ts';

const open: TestServer[] = [];

async function start(fixture: string, overrides: Partial<Config> = {}) {
  const test = await startTestServer([fixture], overrides);
  open.push(test);
  const chat = `${test.server.apiUrl}/v1/chat/completions`;
  const ask = (content: string, more: object = {}) => post(chat, chatBody(fixture, content, more));
  const totals = async () => (await jsonOf(fetch(`${test.server.adminUrl}/admin/status`))).totals;
  return { ask, totals, pid: () => test.server.fleet.snapshots()[0]?.pid ?? null };
}

const textOf = async (response: Response | Promise<Response>): Promise<string> =>
  (await jsonOf(response)).choices[0].message.content;

afterEach(async () => {
  await Promise.all(open.splice(0).map((test) => test[Symbol.asyncDispose]()));
});

describe('is replaced, and the answer goes on:', () => {
  it.each(['announces-4-gb', 'closes-stdout', 'exits-in-mid-answer'])('a worker that %s', async (fixture) => {
    const { ask, totals } = await start(fixture, { requestTimeoutMs: 30_000 });
    const { text, done } = await readStream(await ask('tokens=8', { stream: true }));
    expect([text, done]).toEqual([words(8), true]);
    expect(await totals()).toMatchObject({ generationsRecovered: 1, workerExitsByReason: { crashed: 1 }, errors: 0 });
  });

  it.skipIf(process.platform !== 'linux')('a worker that runs-out-of-memory', async () => {
    const { ask, totals } = await start('runs-out-of-memory', { requestTimeoutMs: 30_000 });
    const { text, done } = await readStream(await ask('tokens=8', { stream: true }));
    expect([text, done]).toEqual([words(8), true]);
    expect(await totals()).toMatchObject({ workerExits: 1, generationsRecovered: 1, errors: 0 });
  });

  it.each(['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE'] as const)('one ended by %s', async (signal) => {
    const { ask, pid } = await start('counts');
    let struck = false;
    const { text, done } = await readStream(await ask('tokens=60 delayMs=4', { stream: true }), (chunk) => {
      if (struck || chunk.choices[0]?.delta.content === undefined) return;
      struck = true;
      process.kill(pid()!, signal);
    });
    expect([struck, text, done]).toEqual([true, words(60), true]);
  });
});

describe('is killed at the request timeout, its request told once, the next one served:', () => {
  it.each(['stops-in-a-frame', 'never-ends-a-frame'])('a worker that %s', async (fixture) => {
    const { ask, pid, totals } = await start(fixture, { requestTimeoutMs: 1000 });
    const response = await ask('tokens=8');
    expect([response.status, (await jsonOf(response)).error.code]).toEqual([504, 'worker_timeout']);
    await until(() => pid() === null);
    expect(await textOf(ask('tokens=1'))).toBe(words(1));
    expect(await totals()).toMatchObject({ workerExitsByReason: { timeout: 1 }, generationsRecovered: 0, errors: 1 });
  });
});

describe('is suspected of its worker, and fails once:', () => {
  it.each([
    ['fails-to-load-late', 'tokens=1', {}],
    ['never-stops', 'x', { max_tokens: 20 }],
    ['never-stops', 'x', {}],
  ])('a request to a worker that %s', async (fixture, content, more) => {
    const { ask, totals } = await start(fixture);
    const response = await ask(content, more);
    expect([response.status, (await jsonOf(response)).error.code]).toEqual([500, 'worker_crashed']);
    expect(await totals()).toMatchObject({ workerExits: 2, errors: 1 });
  });
});

describe('changes no answer, and no count:', () => {
  it.each(['confuses-requests', 'ends-twice', 'talks-after-the-end', 'is-ready-twice'])(
    'a worker that %s',
    async (fixture) => {
      const { ask, totals, pid } = await start(fixture);
      expect(await textOf(ask('tokens=5'))).toBe(words(5));
      const first = pid();
      const bodies = await Promise.all([1, 2, 3, 4].map(() => jsonOf(ask('tokens=5 delayMs=5'))));
      for (const { choices, usage } of bodies) {
        expect([choices[0].message.content, usage.completion_tokens]).toEqual([words(5), 5]);
      }
      expect(pid()).toBe(first);
      expect(await totals()).toMatchObject({ workerExits: 0, generationsRecovered: 0, errors: 0 });
    },
  );

  it('a worker that sends-invalid-utf8: replacement characters, in valid JSON', async () => {
    const { ask, pid } = await start('sends-invalid-utf8');
    const { text, done } = await readStream(await ask('tokens=3', { stream: true }));
    expect(done).toBe(true);
    expect(text).toMatch(/^w0 \ufffd+w1 w2 $/);
    const first = pid();
    expect(await textOf(ask('tokens=3'))).toBe(text);
    expect(pid()).toBe(first);
  });
});

describe('a flood of 100 MB on standard error', () => {
  it('is drained while the answer goes on, and the server does not grow by it', async ({ skip }) => {
    if (!isBuilt || process.platform !== 'linux') skip('no build, or no /proc');
    await using server = await startServerProcess(['counts', 'floods-stderr']);
    await post(server.chat, chatBody('counts', 'tokens=1'));
    const beforeBytes = server.residentBytes();
    let mostBytes = 0;
    const { text } = await readStream(
      await post(server.chat, chatBody('floods-stderr', 'tokens=200 delayMs=5', { stream: true })),
      () => {
        mostBytes = Math.max(mostBytes, server.residentBytes());
      },
    );
    expect(text).toBe(words(200));
    expect(mostBytes - beforeBytes).toBeLessThan(80 * 1024 ** 2);
  });
});
