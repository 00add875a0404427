// A server with few file descriptors: too many connections, or none left for anything. Nobody in it ends for that.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isBuilt, type ServerProcess, startServerProcess } from './server-process.ts';
import { chatBody, jsonOf, post, readStream, until, words } from './test-server.ts';

const mayLimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;
const bin = fileURLToPath(new URL('../../bin/mlx-inference-server', import.meta.url));

interface Client {
  readonly socket: Socket;
  isClosed: boolean;
}

/** `count` connections that say nothing. */
function crowd({ api }: ServerProcess, count: number): Client[] {
  return Array.from({ length: count }, () => {
    const client: Client = { socket: connect(Number(new URL(api).port), '127.0.0.1'), isClosed: false };
    client.socket.on('error', () => {}); // Refused, as is right.
    client.socket.once('close', () => {
      client.isClosed = true;
    });
    return client;
  });
}

/** One request on a connection that there is already. */
async function askOn({ socket }: Client, model: string): Promise<{ status: number; body: string }> {
  const body = JSON.stringify(chatBody(model, 'tokens=2'));
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json`;
  socket.write(`${head}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return { status: Number(text.split(' ')[1]), body: text.slice(text.indexOf('\r\n\r\n') + 4) };
}

const setLimit = ({ pid }: ServerProcess, files: number): void =>
  void execFileSync('prlimit', ['--pid', String(pid), `--nofile=${files}:20000`]);

/** Leaves the server `free` descriptors to open, besides those that it holds. */
function leave(server: ServerProcess, free: number): void {
  const held = new Set(readdirSync(`/proc/${server.pid}/fd`).map(Number));
  let limit = 0;
  for (let left = free; left > 0 || held.has(limit); limit += 1) if (!held.has(limit)) left -= 1;
  setLimit(server, limit);
}

describe.skipIf(!isBuilt || !mayLimit)('a server with few file descriptors', () => {
  it('closes the connections that are too many, and keeps descriptors for workers and files', async () => {
    await using server = await startServerProcess(['counts', 'runs-one'], { prefix: ['prlimit', '--nofile=256'] });
    const stream = readStream(await post(server.chat, chatBody('counts', 'tokens=100 delayMs=20', { stream: true })));
    const clients = crowd(server, 400);
    await until(() => clients.filter(({ isClosed }) => isClosed).length > 250);
    const left = clients.filter(({ isClosed }) => !isClosed);
    expect((await askOn(left[0]!, 'counts')).status).toBe(200);
    expect((await askOn(left[1]!, 'runs-one')).status).toBe(200);
    for (const { socket } of clients) socket.destroy();
    expect((await stream).text).toBe(words(100));
    await until(async () => (await fetch(`${server.api}/health`).catch(() => undefined))?.status === 200);
    expect(server.process.exitCode).toBeNull();
  });

  it('and with none left at all: serves loaded models, says what it cannot do, and does it when there are some again', async () => {
    await using server = await startServerProcess(['counts', 'runs-one']);
    await post(server.chat, chatBody('counts', 'tokens=1'));
    const stream = readStream(await post(server.chat, chatBody('counts', 'tokens=150 delayMs=15', { stream: true })));
    const clients = crowd(server, 3);
    await until(() => clients.every(({ socket }) => socket.readyState === 'open'));
    setLimit(server, 3); // Below every descriptor that it holds: it keeps them, and gets no other.
    const queued = crowd(server, 20);
    expect((await askOn(clients[0]!, 'counts')).status).toBe(200);
    const unknown = await askOn(clients[1]!, 'runs-one');
    expect([unknown.status, JSON.parse(unknown.body).error.code]).toEqual([503, 'worker_start_failed']);
    expect(JSON.parse(unknown.body).error.message).toContain('too many files open');
    setLimit(server, 20_000);
    expect((await fetch(`${server.api}/health`)).status).toBe(200);
    expect((await post(server.chat, chatBody('runs-one', 'tokens=1'))).status).toBe(200);
    expect((await stream).text).toBe(words(150));
    for (const { socket } of [...clients, ...queued]) socket.destroy();
  });

  it('cannot spawn a worker: 503 with the reason, held back, and tried again later', async () => {
    await using server = await startServerProcess(['counts']);
    const clients = crowd(server, 3);
    await until(() => clients.every(({ socket }) => socket.readyState === 'open'));
    await jsonOf(fetch(`${server.api}/v1/models`));
    leave(server, 4); // Enough to look at a model's files, not for the pipes of a process.
    const first = await askOn(clients[0]!, 'counts');
    expect([first.status, JSON.parse(first.body).error.code]).toEqual([503, 'worker_start_failed']);
    expect(JSON.parse(first.body).error.message).toMatch(/could not be started \(EMFILE: too many open files\)/);
    setLimit(server, 20_000);
    expect((await askOn(clients[1]!, 'counts')).status).toBe(503);
    await until(async () => (await post(server.chat, chatBody('counts', 'tokens=1'))).status === 200);
    expect(await jsonOf(fetch(`${server.api}/ready`))).toMatchObject({ status: 'ready', degraded: [] });
    for (const { socket } of clients) socket.destroy();
  });

  it('or no process more: 503 with the reason, and a worker once there may be one', async ({ skip }) => {
    const asAnother = ['setpriv', '--reuid=12345', '--clear-groups'];
    if (spawnSync('setpriv', [...asAnother.slice(1), 'true']).status !== 0) skip('no other user to be');
    await using server = await startServerProcess(['counts'], { prefix: asAnother });
    const setProcesses = (limit: number): void => {
      const [command, ...args] = [...asAnother, 'prlimit', '--pid', String(server.pid), `--nproc=${limit}:`];
      execFileSync(command!, args);
    };
    setProcesses(1);
    const first = await post(server.chat, chatBody('counts', 'tokens=1'));
    const { error } = await jsonOf(first);
    expect([first.status, error.code]).toEqual([503, 'worker_start_failed']);
    expect(error.message).toContain('could not be started (EAGAIN: resource temporarily unavailable)');
    setProcesses(4096);
    await until(async () => (await post(server.chat, chatBody('counts', 'tokens=1'))).status === 200);
  });

  it('too few to start with says so in one line', () => {
    const { status, stderr } = spawnSync('prlimit', ['--nofile=40', process.execPath, bin, 'version']);
    expect(status).toBe(1);
    expect(stderr.toString()).toMatch(/^mlx-inference-server may open too few files .*\n$/);
  });
});
