// Many large bodies at once: what comes in of all of them together is bounded, and small requests are served meanwhile.
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange, head, openSocket } from './raw-http.ts';
import { isBuilt, type ServerProcess, startServerProcess } from './server-process.ts';
import { chatBody, jsonOf, post, until, words } from './test-server.ts';

const mib = 1024 * 1024;
const bodyBytes = 60 * mib;
const uploads = 12;
let server: ServerProcess;
let port: number;

beforeAll(async () => {
  if (!isBuilt) return;
  server = await startServerProcess(['counts'], { config: { uploadBudgetBytes: 160 * mib, bodyTimeoutMs: 60_000 } });
  port = Number(new URL(server.api).port);
});
afterAll(async () => server?.[Symbol.asyncDispose]());

/** Refused by what it asks for, once all of it was read and parsed: no worker is to be fed with it. */
const start = '{"temperature":9,"messages":[{"role":"user","content":"';
const request = (...lines: string[]): string => {
  const type = 'Content-Type: application/json';
  return head('POST /v1/chat/completions HTTP/1.1', `Host: 127.0.0.1:${port}`, type, ...lines) + start;
};

/** Sends all of a body but its end; `answer` is what came back so far. */
async function upload(): Promise<{ socket: Socket; answer: () => string; sent: () => boolean }> {
  const socket = await openSocket(port, request(`Content-Length: ${bodyBytes}`));
  let text = '';
  let sent = false;
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  const filling = Buffer.alloc(bodyBytes - start.length - 4, 'x');
  socket.write(filling, () => {
    sent = true;
  });
  return { socket, answer: () => text, sent: () => sent };
}

describe.skipIf(!isBuilt)('uploads of 60 MB, twelve at once', { timeout: 180_000 }, () => {
  it('are taken as far as the budget goes, the others refused, and memory is bounded', async () => {
    const before = server.residentBytes();
    const all = await Promise.all(Array.from({ length: uploads }, upload));
    await until(() => all.every(({ answer, sent }) => sent() || answer() !== ''), 60_000);
    const refused = all.filter(({ answer }) => answer() !== '');
    expect(refused.length).toBeGreaterThanOrEqual(uploads - 2);
    for (const { answer } of refused) {
      expect(answer()).toMatch(/^HTTP\/1\.1 503 .*retry-after: 1\r\n.*"code":"insufficient_memory"/s);
    }
    expect(server.residentBytes() - before).toBeLessThan(6 * 160 * mib);
    const small = await jsonOf(post(server.chat, chatBody('counts', 'tokens=3')));
    expect(small.choices[0].message.content).toBe(words(3));
    const late = await exchange(port, request(`Content-Length: ${bodyBytes}`), { lingerMs: 1500 });
    expect([late.status, late.headers['retry-after'], late.closed]).toEqual([503, '1', true]);
    for (const { socket, answer } of all) {
      if (answer() === '') socket.write('"}]}');
      else socket.destroy();
    }
    const taken = all.filter((one) => !refused.includes(one));
    await until(() => taken.every(({ answer }) => answer().includes('"param":"temperature"')), 60_000);
    for (const { socket } of taken) socket.destroy();
  });

  it('leave nothing taken of the budget when they are over', async () => {
    const { socket, answer } = await upload();
    socket.write('"}]}');
    await until(() => answer() !== '', 60_000);
    expect(answer()).toContain('"param":"temperature"');
    socket.destroy();
  });
});
