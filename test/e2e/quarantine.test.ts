// A model that kills its worker again and again is left alone for longer and longer, and nobody else pays for it. Time is
// told by the test.
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ServerEvent } from '../../src/core/index.ts';
import { type LoadedWorker, Supervisor } from '../../src/workers/index.ts';
import { chatBody, jsonOf, post, startTestServer, words } from './test-server.ts';

const program = (name: string): string => fileURLToPath(new URL(`../fixtures/workers/${name}.mjs`, import.meta.url));
const never = new AbortController().signal;
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

function supervise(fixture: string) {
  let nowMs = 0;
  const events: ServerEvent[] = [];
  const supervisor = new Supervisor({
    model: { id: `test/${fixture}`, engine: 'llama', path: '/dev/null' },
    engines: () => ({ command: process.execPath, args: [program(fixture)], env: {} }),
    registry: { environment: () => ({}), record: async () => {}, forget: async () => {} },
    clock: { monotonicMs: () => nowMs, wallMs: () => Number.NaN },
    emit: (event) => events.push(event),
    maxBatch: 4,
    promptCacheBytes: 0,
    decodeStallTargetMs: null,
    useStdio: false,
    contextLength: null,
    requestTimeoutMs: 60_000,
    loadTimeoutMs: 60_000,
  });
  stops.push(() => supervisor.stop('server_exit'));
  return {
    supervisor,
    starts: () => events.filter(({ type }) => type === 'worker-started').length,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

/** Runs one sequence; resolves with its tokens, or with the name of what ended it. */
const ask = ({ worker }: LoadedWorker): Promise<string> =>
  new Promise((resolve) => {
    const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, seed: 1, repetitionPenalty: 1 };
    const penalties = { presencePenalty: 0, frequencyPenalty: 0, logitBias: [] };
    const order = { stop: [], maxTokens: null, topLogprobs: null, constraint: null, resume: [] };
    const input = { kind: 'text', text: 'tokens=1' } as const;
    worker.run(
      { id: 'r', input, sampling: { ...sampling, ...penalties }, ...order },
      {
        onEvent: (event) => event.type === 'end' && resolve('answered'),
        onError: ({ code }) => resolve(code),
        onPaused: () => {},
        onLost: ({ name }) => resolve(name),
      },
    );
  });

const heldFor = (seconds: number) =>
  expect.objectContaining({ code: 'worker_start_failed', retryAfterSeconds: seconds });

describe('a model that kills its worker', () => {
  it('at every load is tried after 1 s, 2 s, 4 s … 30 s, and never in between', async () => {
    const { supervisor, starts, pass } = supervise('dies-at-load');
    for (const [index, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
      await expect(supervisor.ensureReady(never, 'request')).rejects.toThrow('exited with code 3');
      for (let request = 0; request < 100; request += 1) {
        await expect(supervisor.ensureReady(never, 'request')).rejects.toThrow(heldFor(seconds));
      }
      expect(starts()).toBe(index + 1);
      pass(seconds * 1000 - 1);
      await expect(supervisor.ensureReady(never, 'request')).rejects.toThrow(heldFor(1));
      pass(1);
    }
  });

  it('with every request, once it is loaded, is held back from the third death on', async () => {
    const { supervisor, starts, pass } = supervise('dies-when-asked');
    for (let free = 0; free < 2; free += 1) {
      expect(await ask(await supervisor.ensureReady(never, 'request'))).toBe('WorkerLost');
    }
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      expect(await ask(await supervisor.ensureReady(never, 'request'))).toBe('WorkerLost');
      await expect(supervisor.ensureReady(never, 'request')).rejects.toThrow(heldFor(seconds));
      pass(seconds * 1000);
    }
    expect(starts()).toBe(9);
  });

  it('is started once, by whoever lost a worker to it, when its time has come', async () => {
    const { supervisor, starts, pass } = supervise('dies-when-asked');
    for (let death = 0; death < 3; death += 1) await ask(await supervisor.ensureReady(never, 'request'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const waiting = [1, 2, 3].map(() => supervisor.ensureReady(never, 'recovery'));
    const left = new AbortController();
    const leaving = supervisor.ensureReady(left.signal, 'recovery');
    left.abort(new Error('the client left'));
    await expect(leaving).rejects.toThrow('the client left');
    expect(starts()).toBe(3);
    pass(1000);
    await vi.advanceTimersByTimeAsync(1000);
    vi.useRealTimers();
    const loaded = await Promise.all(waiting);
    expect(new Set(loaded.map(({ worker }) => worker.id)).size).toBe(1);
    expect(starts()).toBe(4);
  });

  it('is not started again once the server ends', async () => {
    const { supervisor, starts, pass } = supervise('dies-at-load');
    await expect(supervisor.ensureReady(never, 'request')).rejects.toThrow('exited with code 3');
    await supervisor.stop('server_exit');
    pass(60_000);
    await expect(supervisor.ensureReady(never, 'recovery')).rejects.toThrow(
      expect.objectContaining({ code: 'shutting_down' }),
    );
    expect(starts()).toBe(1);
  });

  it('costs the requests for it an error each, and the other models nothing', async () => {
    await using test = await startTestServer(['dies-when-asked', 'counts']);
    const chat = `${test.server.apiUrl}/v1/chat/completions`;
    const running = post(chat, chatBody('counts', 'tokens=200 delayMs=10'));
    const seen: unknown[] = [];
    for (let request = 0; request < 3; request += 1) {
      const response = await post(chat, chatBody('dies-when-asked', 'x'));
      const { error } = await jsonOf(response);
      seen.push([response.status, error.code, response.headers.get('retry-after')]);
      expect((await post(chat, chatBody('counts', 'tokens=1'))).status).toBe(200);
    }
    expect(seen).toEqual([
      [500, 'worker_crashed', null],
      [500, 'worker_crashed', null],
      [503, 'worker_start_failed', '2'],
    ]);
    expect((await jsonOf(running)).choices[0].message.content).toBe(words(200));
    // Two workers for the first request, as for the second; a request whose new worker says nothing has not recovered.
    expect((await jsonOf(fetch(`${test.server.adminUrl}/admin/status`))).totals).toMatchObject({
      errors: 3,
      workerExits: 4,
      workerExitsByReason: { crashed: 4 },
      generationsRecovered: 0,
    });
  });
});
