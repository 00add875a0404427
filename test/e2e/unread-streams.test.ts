// R12: clients that ask for a stream and do not read it, and a worker that sends as fast as it can.
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { head, openSocket } from './raw-http.ts';
import { isBuilt, type ServerProcess, startServerProcess } from './server-process.ts';
import { chatBody, jsonOf, post, until, words } from './test-server.ts';

/** About 15 MB of events a stream; the system's own buffers take up to 4 MB of them. */
const tokens = 8000;
const clients = 24;
const mostBytesAStream = 6 * 1024 ** 2;

async function ask(server: ServerProcess, more: object): Promise<{ socket: Socket; text: () => string }> {
  const options = { stream: true, max_tokens: tokens, logprobs: true, top_logprobs: 20, ...more };
  const body = JSON.stringify(chatBody('floods-logprobs', `tokens=${tokens}`, options));
  const lines = [
    `Host: ${new URL(server.api).host}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  const socket = await openSocket(
    Number(new URL(server.api).port),
    head('POST /v1/chat/completions HTTP/1.1', ...lines) + body,
  );
  const parts: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => parts.push(chunk));
  socket.pause();
  return { socket, text: () => Buffer.concat(parts).toString('latin1') };
}

/** Each word that the events tell, of one choice. */
const told = (text: string, choice: number): string =>
  [...text.matchAll(/^data: (\{.*\})$/gm)]
    .map(([, json]) => JSON.parse(json!) as { choices: { index: number; delta: { content?: string } }[] })
    .flatMap(({ choices }) => choices.filter(({ index }) => index === choice))
    .map(({ delta }) => delta.content ?? '')
    .join('');

describe.skipIf(!isBuilt)('streams that nobody reads', { timeout: 180_000 }, () => {
  it('take a bounded memory and no place in the worker, and are whole for who reads on', async () => {
    await using server = await startServerProcess(['floods-logprobs', 'counts'], {
      config: { maxConcurrentRequests: 64, requestTimeoutMs: 60_000 },
    });
    await post(server.chat, chatBody('floods-logprobs', 'tokens=2', { max_tokens: 2 }));
    const before = server.residentBytes();
    const asked = await Promise.all(Array.from({ length: clients }, () => ask(server, {})));
    const choices = await ask(server, { n: 2 });
    await until(async () => {
      const { totals, queue } = await jsonOf(fetch(`${server.admin}/admin/status`));
      return totals.inProgress > clients && queue.depth === 0;
    });
    // All of them have run into the bound: the worker has nothing to do, and nobody has had an end.
    await until(async () => (await server.worker('floods-logprobs'))!.running === 0, 60_000);
    expect((server.residentBytes() - before) / (clients + 1)).toBeLessThan(mostBytesAStream);
    const other = await jsonOf(post(server.chat, chatBody('counts', 'tokens=3')));
    expect(other.choices[0].message.content).toBe(words(3));
    for (const { socket } of asked.slice(2)) socket.destroy();
    for (const { socket, text } of [asked[0]!, asked[1]!, choices]) {
      socket.resume();
      await until(() => text().includes('data: [DONE]'), 60_000);
    }
    for (const { text } of asked.slice(0, 2)) expect(told(text(), 0)).toBe(words(tokens));
    expect([told(choices.text(), 0), told(choices.text(), 1)]).toEqual([words(tokens), words(tokens)]);
  });
});
