import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pidOf, start, streamed } from './fault-world.ts';
import { chatBody, jsonOf, post, readStream, until, words } from './test-server.ts';

describe('a worker that dies in mid-answer', () => {
  it('is a pause for a stream: no token lost, repeated or changed, each counted once', async () => {
    const { chat } = await start(['dies-mid-stream']);
    const { text, done, chunks } = await readStream(await post(chat, streamed('dies-mid-stream', 'tokens=10')));
    expect(text).toBe(words(10));
    expect(done).toBe(true);
    expect(chunks.at(-1)!.usage).toMatchObject({ completion_tokens: 10 });
    expect(chunks.filter(({ choices }) => choices[0]?.delta.role === 'assistant')).toHaveLength(1);
  });

  it('is nothing but time for a whole answer', async () => {
    const { chat, test } = await start(['dies-mid-stream']);
    const body = await jsonOf(post(chat, chatBody('dies-mid-stream', 'tokens=10')));
    expect(body.choices[0].message.content).toBe(words(10));
    expect((await jsonOf(fetch(`${test.server.adminUrl}/admin/status`))).totals.generationsRecovered).toBe(1);
  });

  it.each(['SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGTERM'] as const)(
    'by %s from outside changes no byte',
    async (signal) => {
      const { chat, test } = await start(['counts']);
      const response = await post(chat, streamed('counts', 'tokens=100 delayMs=3'));
      let struck = false;
      const { text, done } = await readStream(response, (chunk) => {
        if (struck || chunk.choices[0]?.delta.content === undefined) return;
        struck = true;
        process.kill(pidOf(test, 'counts')!, signal);
      });
      expect(struck).toBe(true);
      expect(text).toBe(words(100));
      expect(done).toBe(true);
    },
  );

  it('twice with the same request ends that request, and not one that was there once', async () => {
    const { chat, test } = await start(['dies-on-poison']);
    const poisoned = post(chat, chatBody('dies-on-poison', 'poison tokens=50 delayMs=150'));
    const recovered = async () =>
      (await jsonOf(fetch(`${test.server.adminUrl}/admin/status`))).totals.generationsRecovered;
    await until(async () => (await recovered()) === 1);
    const healthy = await post(chat, chatBody('dies-on-poison', 'tokens=100 delayMs=10'));
    expect((await jsonOf(healthy)).choices[0].message.content).toBe(words(100));
    expect((await poisoned).status).toBe(500);
    expect((await poisoned).headers.get('x-should-retry')).toBe('false');
    expect((await jsonOf(poisoned)).error.code).toBe('worker_crashed');
    expect(await recovered()).toBe(2);
  });

  it('and leaves a child of its own leaves no process behind', async () => {
    const { chat, test } = await start(['leaves-grandchild']);
    const before = sleepers();
    const { text } = await readStream(await post(chat, streamed('leaves-grandchild', 'tokens=5')));
    expect(text).toBe(words(5));
    await test.server.fleet.stopAll();
    await until(() => sleepers().length <= before.length);
  });

  it('before the first byte, or while others wait behind it, costs nobody an answer', async () => {
    const { chat, test } = await start(['counts'], { maxConcurrentRequests: 1 });
    const answers = ['tokens=60 delayMs=5', 'tokens=3', 'tokens=4'].map((content) =>
      post(chat, chatBody('counts', content)),
    );
    await until(() => (test.server.fleet.snapshots()[0]?.running ?? 0) > 0);
    process.kill(pidOf(test, 'counts')!, 'SIGKILL');
    const texts = await Promise.all(answers.map(async (answer) => (await jsonOf(answer)).choices[0].message.content));
    expect(texts).toEqual([words(60), words(3), words(4)]);
  });
});

describe('a worker that runs fewer at once than asked', () => {
  it('gets no more than it can, and nobody who waits is taken for silent', async () => {
    const { chat } = await start(['runs-one'], { requestTimeoutMs: 1000 });
    const answers = ['tokens=150 delayMs=10', 'tokens=3', 'tokens=4'].map((content) =>
      post(chat, chatBody('runs-one', content)),
    );
    const texts = await Promise.all(answers.map(async (answer) => (await jsonOf(answer)).choices[0].message.content));
    expect(texts).toEqual([words(150), words(3), words(4)]);
  });
});

describe('a worker that hangs', () => {
  it('stopped by a signal: 504 at the timeout, no second try, and the next request is served', async () => {
    const { chat, test } = await start(['counts'], { requestTimeoutMs: 1000 });
    await post(chat, chatBody('counts', 'tokens=1'));
    process.kill(pidOf(test, 'counts')!, 'SIGSTOP');
    const startedMs = performance.now();
    const response = await post(chat, chatBody('counts', 'tokens=5'));
    const tookMs = performance.now() - startedMs;
    expect([response.status, (await jsonOf(response)).error.code]).toEqual([504, 'worker_timeout']);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(2000);
    expect((await post(chat, chatBody('counts', 'tokens=2'))).status).toBe(200);
  });

  it('for one request only: that one is 504, the others go on', async () => {
    const { chat } = await start(['falls-silent'], { requestTimeoutMs: 1000 });
    const [silent, talkative] = await Promise.all([
      post(chat, chatBody('falls-silent', 'silent')),
      post(chat, chatBody('falls-silent', 'tokens=150 delayMs=10')),
    ]);
    expect(silent.status).toBe(504);
    expect((await jsonOf(talkative)).choices[0].message.content).toBe(words(150));
  });

  it('for less than the timeout loses nothing', async () => {
    const { chat, test } = await start(['counts'], { requestTimeoutMs: 3000 });
    const answer = post(chat, chatBody('counts', 'tokens=100 delayMs=5'));
    await until(() => (test.server.fleet.snapshots()[0]?.running ?? 0) > 0);
    const pid = pidOf(test, 'counts')!;
    process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    process.kill(pid, 'SIGCONT');
    expect((await jsonOf(answer)).choices[0].message.content).toBe(words(100));
    expect(pidOf(test, 'counts')).toBe(pid);
  });

  it('while it loads: 503 at the load timeout with the reason', async () => {
    const { chat } = await start(['never-ready'], { modelLoadTimeoutMs: 500 });
    const response = await post(chat, chatBody('never-ready', 'x'));
    const { error } = await jsonOf(response);
    expect([response.status, error.code]).toEqual([503, 'worker_start_failed']);
    expect(error.message).toContain('0.5 s');
  });
});

describe('a worker that lies', () => {
  it('in bytes that are no frame is replaced, and the answer goes on', async () => {
    const { chat } = await start(['sends-garbage']);
    const { text, done } = await readStream(await post(chat, streamed('sends-garbage', 'tokens=8')));
    expect([text, done]).toEqual([words(8), true]);
  });

  it('floods its standard error without stalling', async () => {
    const { chat } = await start(['floods-stderr']);
    const { text } = await readStream(await post(chat, streamed('floods-stderr', 'tokens=50 delayMs=2')));
    expect(text).toBe(words(50));
  });
});

describe('a worker that cannot start', () => {
  it('backs off, fails fast with the reason, and leaves other models alone', async () => {
    const { chat } = await start(['dies-at-load', 'counts']);
    const first = await post(chat, chatBody('dies-at-load', 'x'));
    expect(first.status).toBe(503);
    const startedMs = performance.now();
    const second = await post(chat, chatBody('dies-at-load', 'x'));
    expect(performance.now() - startedMs).toBeLessThan(200);
    expect(second.status).toBe(503);
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await jsonOf(second)).error.message).toContain('exited with code 3');
    expect((await post(chat, chatBody('counts', 'tokens=1'))).status).toBe(200);
  });
});

describe('a worker ended from outside while it loads', () => {
  it.each(['SIGKILL', 'SIGSEGV', 'SIGTERM'] as const)('by %s once costs nobody an answer', async (signal) => {
    const { chat, test } = await start(['slow-to-load']);
    const answers = [3, 4].map((n) => post(chat, chatBody('slow-to-load', `tokens=${n}`)));
    await until(() => (pidOf(test, 'slow-to-load') ?? 0) > 0);
    process.kill(pidOf(test, 'slow-to-load')!, signal);
    const texts = await Promise.all(answers.map(async (answer) => (await jsonOf(answer)).choices[0].message.content));
    expect(texts).toEqual([words(3), words(4)]);
  });

  it('twice in a row is a model that cannot start', async () => {
    const { chat, test } = await start(['slow-to-load']);
    const answer = post(chat, chatBody('slow-to-load', 'tokens=3'));
    await until(() => (pidOf(test, 'slow-to-load') ?? 0) > 0);
    const first = pidOf(test, 'slow-to-load')!;
    process.kill(first, 'SIGKILL');
    await until(() => ![null, first].includes(pidOf(test, 'slow-to-load')));
    process.kill(pidOf(test, 'slow-to-load')!, 'SIGKILL');
    expect((await answer).status).toBe(503);
    expect((await jsonOf(answer)).error.message).toContain('ended by SIGKILL');
    expect((await post(chat, chatBody('slow-to-load', 'tokens=1'))).status).toBe(503);
  });
});

/** Pids of `sleep 600`, as the fixture starts them. */
function sleepers(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1') === 'sleep\u0000600\u0000';
    } catch {
      return false; // It ended while we looked.
    }
  });
}
