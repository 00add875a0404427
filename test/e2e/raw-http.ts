// Bytes on a socket, for what no HTTP client would send, and what came back.
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** 0 when nothing came back. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly text: string;
  /** The server ended the connection. */
  readonly closed: boolean;
}

export const head = (first: string, ...lines: string[]): string => `${[first, ...lines].join('\r\n')}\r\n\r\n`;

/** Sends `bytes`; resolves when the server closes, or when one whole answer has been there for a moment. */
export function exchange(
  port: number,
  bytes: string | Buffer,
  options: { lingerMs?: number } = {},
): Promise<RawAnswer> {
  const { lingerMs = 20 } = options;
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let timer: NodeJS.Timeout | undefined;
    const settle = (closed: boolean): void => {
      clearTimeout(timer);
      clearTimeout(deadline);
      socket.destroy();
      resolve({ ...parse(text), text, closed });
    };
    const deadline = setTimeout(() => settle(false), 5000);
    socket.on('error', () => {});
    socket.on('close', () => settle(true));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      clearTimeout(timer);
      if (isWhole(text)) timer = setTimeout(() => settle(false), lingerMs);
    });
    socket.write(bytes);
  });
}

/** A socket that has sent `bytes` and stays open; errors of it are of no interest. */
export function openSocket(port: number, bytes: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      if (bytes !== '') socket.write(bytes);
      resolve(socket);
    });
    socket.on('error', () => {});
  });
}

function parse(text: string): Omit<RawAnswer, 'text' | 'closed'> {
  const end = text.indexOf('\r\n\r\n');
  const lines = (end === -1 ? text : text.slice(0, end)).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(lines[0] ?? '')?.[1] ?? 0);
  const headers: Record<string, string> = {};
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status, headers, body: end === -1 ? '' : text.slice(end + 4) };
}

function isWhole(text: string): boolean {
  const { headers, body } = parse(text);
  return body.length >= Number(headers['content-length'] ?? 0) && text.includes('\r\n\r\n');
}
