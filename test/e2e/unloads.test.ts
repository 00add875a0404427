// Workers that end because the server, its operator or its memory wants it.
import { describe, expect, it } from 'vitest';
import { pidOf, start } from './fault-world.ts';
import { chatBody, isAlive, jsonOf, post, until, words } from './test-server.ts';

describe('a model unloaded by hand in mid-answer', () => {
  it('is loaded again, and the answer goes on', async () => {
    const { chat, test } = await start(['counts']);
    const answer = post(chat, chatBody('counts', 'tokens=100 delayMs=5'));
    await until(() => (test.server.fleet.snapshots()[0]?.running ?? 0) > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const body = { model: 'test/counts' };
    expect(await jsonOf(post(`${test.server.adminUrl}/admin/unload`, body))).toEqual({ unloaded: ['test/counts'] });
    expect((await jsonOf(answer)).choices[0].message.content).toBe(words(100));
  });
});

describe('a model unloaded by hand while it loads', () => {
  it('is loaded again for those who have work for it; who only came to load is told', async () => {
    const { chat, test } = await start(['slow-to-load']);
    const load = post(`${test.server.adminUrl}/admin/load`, { model: 'test/slow-to-load' });
    const answer = post(chat, chatBody('slow-to-load', 'tokens=3'));
    await until(() => test.server.fleet.busy && (pidOf(test, 'slow-to-load') ?? 0) > 0);
    await post(`${test.server.adminUrl}/admin/unload`, { model: 'test/slow-to-load' });
    expect((await jsonOf(answer)).choices[0].message.content).toBe(words(3));
    expect((await load).status).toBe(503);
    expect((await jsonOf(load)).error.message).toContain('it was unloaded');
  });
});

describe('a model out of use', () => {
  it('is unloaded, and loaded again when asked for', async () => {
    const { chat, test } = await start(['counts'], { idleTimeoutMs: 200 });
    await post(chat, chatBody('counts', 'tokens=100 delayMs=4')); // Longer than the idle time: use is no idleness.
    const pid = pidOf(test, 'counts')!;
    expect(isAlive(pid)).toBe(true);
    await until(() => pidOf(test, 'counts') === null);
    expect(isAlive(pid)).toBe(false);
    expect((await post(chat, chatBody('counts', 'tokens=1'))).status).toBe(200);
  });
});

describe('memory', () => {
  const roomForOne = { memoryBudgetBytes: 900 * 1024 ** 2 };

  it('that another model holds idle is taken from it, and the right model answers', async () => {
    const { chat, test } = await start(['counts', 'confuses-requests'], roomForOne);
    for (const model of ['counts', 'confuses-requests', 'counts']) {
      const body = await jsonOf(post(chat, chatBody(model, 'tokens=2')));
      expect([body.model, body.choices[0].message.content]).toEqual([`test/${model}`, words(2)]);
      expect(test.server.fleet.snapshots().filter(({ state }) => state === 'ready')).toHaveLength(1);
    }
  });

  it('that is in use is refused at once, with the numbers', async () => {
    const { chat, fleet } = await start(['counts', 'confuses-requests'], roomForOne);
    const running = post(chat, chatBody('counts', 'tokens=200 delayMs=5'));
    await until(() => (fleet.snapshots()[0]?.running ?? 0) > 0);
    const refused = await post(chat, chatBody('confuses-requests', 'tokens=1'));
    const { error } = await jsonOf(refused);
    expect([refused.status, error.code]).toEqual([503, 'insufficient_memory']);
    expect(error.message).toMatch(/0\.5 GB.*0\.4 GB/);
    expect((await jsonOf(running)).choices[0].message.content).toBe(words(200));
  });
});

describe('the end of the server', () => {
  it('kills a worker that ignores SIGTERM, after the grace', async () => {
    const { chat, test } = await start(['ignores-sigterm']);
    await post(chat, chatBody('ignores-sigterm', 'tokens=1'));
    const pid = pidOf(test, 'ignores-sigterm')!;
    const startedMs = performance.now();
    await test.server.fleet.stopAll(300);
    expect(performance.now() - startedMs).toBeGreaterThan(250);
    expect(isAlive(pid)).toBe(false);
  });

  it('lets running answers finish and refuses new ones', async () => {
    const { chat, test, fleet } = await start(['counts']);
    const running = post(chat, chatBody('counts', 'tokens=50 delayMs=5'));
    await until(() => fleet.busy);
    const stopped = test.server.stop('test');
    expect((await fetch(`${test.server.apiUrl}/ready`)).status).toBe(503);
    const refused = await post(chat, chatBody('counts', 'tokens=1'));
    expect([refused.status, (await jsonOf(refused)).error.code]).toEqual([503, 'shutting_down']);
    expect((await jsonOf(running)).choices[0].message.content).toBe(words(50));
    await stopped;
  });
});

describe('the sudden end of the server', () => {
  it('starts no worker any more for those who waited', async () => {
    const { chat, test, fleet } = await start(['counts'], { maxConcurrentRequests: 1 });
    const answers = [60, 3, 4].map((n) => post(chat, chatBody('counts', `tokens=${n} delayMs=10`)).catch(() => 'cut'));
    await until(() => fleet.queueDepth === 2 && (fleet.snapshots()[0]?.running ?? 0) > 0);
    await test.server.stopNow();
    await Promise.all(answers);
    expect(fleet.snapshots()).toEqual([]);
  });
});
