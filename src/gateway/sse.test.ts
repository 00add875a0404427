import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSseWriter, type SseWriter } from './sse.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Serves one response to a client that may be slow: resolves with both ends. */
async function connect(): Promise<{ raw: ServerResponse; response: Promise<IncomingMessage>; left: AbortController }> {
  const left = new AbortController();
  const arrived = new Promise<ServerResponse>((resolve) => {
    const server = createServer((_, raw) => {
      raw.once('close', () => left.abort(new Error('the client left')));
      resolve(raw);
    });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      const client = request({ port, host: '127.0.0.1' });
      client.on('error', () => {});
      client.on('response', (message) => gotResponse(message));
      client.end();
      closers.push(
        () => client.destroy(),
        () => server.close(),
      );
    });
  });
  let gotResponse: (message: IncomingMessage) => void = () => {};
  const response = new Promise<IncomingMessage>((resolve) => {
    gotResponse = resolve;
  });
  return { raw: await arrived, response, left };
}

describe('an SSE writer', () => {
  it('sends its headers with the first write, and only then', async () => {
    const { raw, response, left } = await connect();
    const writer = createSseWriter(raw, () => ({ 'x-test': 'yes' }), left.signal);
    expect(writer.opened).toBe(false);
    await writer.write('data: 1\n\n');
    expect(writer.opened).toBe(true);
    const message = await response;
    expect(message.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'x-test': 'yes' });
    writer.end('data: [DONE]\n\n');
    let text = '';
    for await (const chunk of message) text += String(chunk);
    expect(text).toBe('data: 1\n\ndata: [DONE]\n\n');
  });

  it('waits for a reader that does not read, with a bounded buffer, and goes on when he does', async () => {
    const { raw, response, left } = await connect();
    const { stalled } = await fill(createSseWriter(raw, () => ({}), left.signal));
    expect(raw.writableLength).toBeLessThan(1024 * 1024);
    (await response).resume();
    await stalled;
  });

  it('does not wait for a reader who left', async () => {
    const { raw, response, left } = await connect();
    const writer = createSseWriter(raw, () => ({}), left.signal);
    const { stalled } = await fill(writer);
    (await response).destroy();
    await expect(stalled).rejects.toThrow('the client left');
    expect(() => writer.write('more')).toThrow('the client left');
  });
});

/** Writes until the reader's buffers are full; `stalled` is the write that waits for him. */
async function fill(writer: SseWriter): Promise<{ readonly stalled: Promise<void> }> {
  for (;;) {
    const written = writer.write('x'.repeat(64 * 1024)) ?? Promise.resolve();
    const pause = new Promise<'stalled'>((resolve) => setTimeout(() => resolve('stalled'), 300));
    if ((await Promise.race([written, pause])) === 'stalled') return { stalled: written };
  }
}
