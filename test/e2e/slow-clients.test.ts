import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { head, openSocket } from './raw-http.ts';
import { chatBody, jsonOf, post, startTestServer, type TestServer, until, words } from './test-server.ts';

let test: TestServer;
let port: number;
const sockets: Socket[] = [];
/** The server's ends of its connections, newest last. */
const serverEnds: Socket[] = [];

beforeAll(async () => {
  test = await startTestServer(['counts'], {
    headersTimeoutMs: 1000,
    bodyTimeoutMs: 1500,
    writeStallTimeoutMs: 2500,
  });
  test.server.api.server.on('connection', (socket) => serverEnds.push(socket));
  port = Number(new URL(test.server.apiUrl).port);
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await test[Symbol.asyncDispose]();
});

const host = (): string => `Host: 127.0.0.1:${port}`;

async function open(bytes: string): Promise<{ socket: Socket; text: () => string; closed: Promise<void> }> {
  const socket = await openSocket(port, bytes);
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, text: () => text, closed };
}

function chat(content: string, more: object): string {
  const body = JSON.stringify(chatBody('counts', content, more));
  const lines = [host(), 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`];
  return head('POST /v1/chat/completions HTTP/1.1', ...lines) + body;
}

const answers = async (): Promise<void> => {
  expect((await fetch(`${test.server.apiUrl}/health`)).status).toBe(200);
};

describe('a client that does not read', () => {
  it('is closed, and its generation stops, with little kept for it and nothing lost for others', async () => {
    const { socket } = await open(chat('tokens=100000 delayMs=1 size=60000', { stream: true }));
    socket.pause();
    await until(() => test.server.fleet.busy);
    const end = serverEnds.at(-1)!;
    await until(() => end.writableNeedDrain);
    expect(end.writableLength).toBeLessThan(1024 * 1024);
    const other = await jsonOf(post(`${test.server.apiUrl}/v1/chat/completions`, chatBody('counts', 'tokens=3')));
    expect(other.choices[0].message.content).toBe(words(3));
    await until(() => end.destroyed);
    await until(() => !test.server.fleet.busy);
  });

  it('for a while, and then reads on, gets everything', async () => {
    const { socket, text } = await open(chat('tokens=300 delayMs=1 size=60000', { stream: true }));
    socket.pause();
    await until(() => test.server.fleet.busy);
    const end = serverEnds.at(-1)!;
    await until(() => end.writableNeedDrain);
    await new Promise((resolve) => setTimeout(resolve, 1000)); // A pause that is shorter than the stall allowed.
    expect(end.destroyed).toBe(false);
    socket.resume();
    await until(() => text().includes('data: [DONE]'));
    const numbers = [...text().matchAll(/"content":"w(\d+) /g)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: 300 }, (_, index) => index));
  });

  it('an answer in one piece is closed too', async () => {
    const { socket } = await open(chat('tokens=200 delayMs=1 size=100000', {}));
    socket.pause();
    const end = serverEnds.at(-1)!;
    await until(() => end.writableLength > 0);
    await until(() => end.destroyed);
  });
});

describe('a client that does not finish its request', () => {
  it('is answered 408 and closed, in the headers or in the body, or before any of it', async () => {
    const slow = await Promise.all([
      open(''),
      open('GET /health HTTP/1.1\r\n'),
      open(`GET /health HTTP/1.1\r\n${host()}\r\nX-A: b`),
      open(chat('tokens=1', {}).slice(0, -5)),
      open(
        head(
          'POST /v1/chat/completions HTTP/1.1',
          host(),
          'Content-Type: application/json',
          'Transfer-Encoding: chunked',
        ),
      ),
    ]);
    await Promise.all(slow.map(({ closed }) => closed));
    for (const { text } of slow) {
      expect(text()).toMatch(/^HTTP\/1\.1 408 /);
      expect(text()).toContain('"code":"invalid_request"');
    }
  });

  it('is closed though it sends a byte now and then', async () => {
    const { socket, closed } = await open('GET /health HTTP/1.1\r\nX-A: ');
    const timer = setInterval(() => socket.write('a'), 50);
    await closed;
    clearInterval(timer);
  });

  it('keeps nobody waiting, however many there are', async () => {
    const many = await Promise.all(
      Array.from({ length: 400 }, (_, index) => open(index % 4 === 0 ? 'GET /health HTTP/1.1\r\nX-A: ' : '')),
    );
    for (let n = 0; n < 20; n += 1) await answers();
    await Promise.all(many.map(({ closed }) => closed));
    await answers();
  });
});
