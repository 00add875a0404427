// Clients that cost next to nothing: they look at the end of a stream alone, because they share the cores with the server.
import { connect, type Socket } from 'node:net';

const readBufferBytes = 256 * 1024;
const tailBytes = 600;

export interface StreamCall {
  readonly port: number;
  readonly model: string;
  readonly content: string;
}

const requestText = ({ port, model, content }: StreamCall): string => {
  const messages = [{ role: 'user', content }];
  const body = JSON.stringify({ model, messages, stream: true, stream_options: { include_usage: true } });
  const headers = `host: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  return `POST /v1/chat/completions HTTP/1.1\r\n${headers}\r\n\r\n${body}`;
};

/** One stream to its end; the tokens that its usage tells. Rejects when it does not end with [DONE]. */
export function drainStream(call: StreamCall): Promise<number> {
  return new Promise((resolve, reject) => {
    let tail = '';
    const take = (bytes: Buffer): void => {
      tail = (tail + bytes.toString('latin1', Math.max(0, bytes.length - tailBytes))).slice(-tailBytes);
      if (!tail.includes('data: [DONE]')) return;
      socket.destroy();
      resolve(Number(/"completion_tokens":(\d+)/.exec(tail)?.[1] ?? Number.NaN));
    };
    const socket = open(call, take);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`a stream ended with ${JSON.stringify(tail.slice(-300))}`)));
    socket.write(requestText(call));
  });
}

/** A stream that is asked for and stays open. */
export function openStream(call: StreamCall): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = open(call, () => {});
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject).on('error', () => {});
      socket.write(requestText(call), () => resolve(socket));
    });
  });
}

/** One buffer for all: what is read is looked at before anything else is. */
const shared = Buffer.alloc(readBufferBytes);

const open = ({ port }: StreamCall, take: (bytes: Buffer) => void): Socket =>
  connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: shared,
      callback: (count) => {
        take(shared.subarray(0, count));
        return true;
      },
    },
  });
