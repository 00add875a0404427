// A server that stood still, alone or with its workers, kills nobody for the time that it was not there to see.
import { describe, expect, it } from 'vitest';
import { isBuilt, type ServerProcess, startServerProcess } from './server-process.ts';
import { chatBody, jsonOf, post, readStream, until, words } from './test-server.ts';

const requestTimeoutMs = 1500;
const modelLoadTimeoutMs = 2500;
const stopMs = 3500;
const config = { requestTimeoutMs, modelLoadTimeoutMs };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Stops `pids` for longer than any timeout, then lets them go on in the order given. */
async function suspend(pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await pause(stopMs);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
}

const totalsOf = async ({ admin }: ServerProcess) => (await jsonOf(fetch(`${admin}/admin/status`))).totals;

const stream = async ({ chat }: ServerProcess, onFirst: () => void) => {
  let isFirst = true;
  return readStream(await post(chat, chatBody('counts', 'tokens=100 delayMs=15', { stream: true })), () => {
    if (isFirst) onFirst();
    isFirst = false;
  });
};

describe.skipIf(!isBuilt)('a server that is stopped and goes on', () => {
  it.each([
    ['alone', (server: ServerProcess, worker: number) => [server.pid, worker].slice(0, 1)],
    ['with its worker, and wakes first', (server: ServerProcess, worker: number) => [server.pid, worker]],
    ['with its worker, and wakes last', (server: ServerProcess, worker: number) => [worker, server.pid]],
  ])('%s, loses no stream and no worker', async (_, pidsOf) => {
    await using server = await startServerProcess(['counts'], { config });
    await post(server.chat, chatBody('counts', 'tokens=1'));
    const worker = (await server.worker('counts'))!.pid;
    let begun = 0;
    const onFirst = (): void => {
      begun += 1;
    };
    const streams = [1, 2, 3, 4].map(() => stream(server, onFirst));
    await until(() => begun === 4);
    await suspend(pidsOf(server, worker));
    const health = await fetch(`${server.api}/health`, { signal: AbortSignal.timeout(2000) });
    expect(health.status).toBe(200);
    for (const { text, done } of await Promise.all(streams)) expect([text, done]).toEqual([words(100), true]);
    expect((await server.worker('counts'))!.pid).toBe(worker);
    expect(await totalsOf(server)).toMatchObject({ workerExits: 0, generationsRecovered: 0, errors: 0 });
  });

  it.each([
    ['alone', (server: ServerProcess) => [server.pid]],
    ['with its worker', (server: ServerProcess, worker: number) => [server.pid, worker]],
  ])('%s while a model loads, still has it loaded', async (_, pidsOf) => {
    await using server = await startServerProcess(['loads-slowly'], { config });
    const answer = post(server.chat, chatBody('loads-slowly', 'tokens=3'));
    await until(async () => (await server.worker('loads-slowly')) !== undefined);
    await suspend(pidsOf(server, (await server.worker('loads-slowly'))!.pid));
    expect((await jsonOf(answer)).choices[0].message.content).toBe(words(3));
    expect(await totalsOf(server)).toMatchObject({ workerExits: 0, errors: 0 });
  });

  it('still finds the worker that hangs', async () => {
    await using server = await startServerProcess(['counts'], { config });
    await post(server.chat, chatBody('counts', 'tokens=1'));
    const worker = (await server.worker('counts'))!.pid;
    const answer = post(server.chat, chatBody('counts', 'tokens=100 delayMs=15'));
    await until(async () => (await server.worker('counts'))!.running === 1);
    process.kill(worker, 'SIGSTOP');
    await suspend([server.pid]);
    expect((await answer).status).toBe(504);
    await until(async () => (await totalsOf(server)).workerExits === 1);
    expect((await post(server.chat, chatBody('counts', 'tokens=1'))).status).toBe(200);
  });
});
