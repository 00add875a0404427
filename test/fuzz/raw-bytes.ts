// Bytes at the level of HTTP: messages that were well formed, spoilt; sent in pieces; then the sending end is closed.
import { connect } from 'node:net';
import { type Random, seeded } from '../faults/harness/seeded.ts';
import { violationOf } from './judge.ts';
import { spoil } from './nasty.ts';

const patienceMs = 30_000;

const body = '{"model":"scripted/counts","messages":[{"role":"user","content":"tokens=2"}]}';
const json = 'Content-Type: application/json';

function messages(port: number): readonly string[] {
  const host = `Host: 127.0.0.1:${port}`;
  const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
  const post = (...lines: string[]): string => head('POST /v1/chat/completions HTTP/1.1', host, json, ...lines);
  const get = head('GET /v1/models HTTP/1.1', host, 'Accept: */*');
  const hex = body.length.toString(16);
  return [
    get,
    get + get + get,
    post(`Content-Length: ${body.length}`) + body,
    `${post('Transfer-Encoding: chunked')}${hex}\r\n${body}\r\n0\r\n\r\n`,
    `${post('Transfer-Encoding: chunked')}5;a=b\r\n${body.slice(0, 5)}\r\n0\r\nX-Trailer: 1\r\n\r\n`,
    post(`Content-Length: ${body.length}`, 'Expect: 100-continue') + body,
    head('OPTIONS /v1/chat/completions HTTP/1.1', host, 'Origin: http://evil.example'),
    head('GET / HTTP/1.1', host, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x'),
    head('CONNECT evil.example:443 HTTP/1.1', host),
  ];
}

const pieces = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ':',
    ',',
    ';',
    '\xff',
    '\x80',
    '%',
    '?',
    '#',
    '{',
    '"',
    'HTTP/1.1',
    'HTTP/9',
  ],
  ...[
    '\r\n\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: -1\r\n',
    'Transfer-Encoding: chunked\r\n',
    'GET / HTTP/1.1\r\n',
  ],
  ...[
    'Host: evil.example\r\n',
    'Host: 127.0.0.1\r\n',
    'Connection: close\r\n',
    'Expect: tea\r\n',
    'ffffffffffffffff\r\n',
  ],
  ...[
    '0\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'A: b\r\n c\r\n',
    `X: ${'y'.repeat(17_000)}\r\n`,
    'x: 1\r\n'.repeat(120),
  ],
];

export function rawMessage(port: number, seed: number, number: number): Buffer {
  const random = seeded(seed, number);
  let text = random.pick(messages(port));
  for (let stroke = random.whole(0, 4); stroke >= 0; stroke -= 1) text = spoil(text, random, pieces);
  return Buffer.from(text, 'latin1');
}

/** Why what came back is a violation, or null. No answer to bytes that are none is allowed; waiting for ever is not. */
export function sendRaw(port: number, seed: number, number: number): Promise<string | null> {
  const random = seeded(seed, number + 1e9);
  const bytes = rawMessage(port, seed, number);
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const received: Buffer[] = [];
    const settle = (violation: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(violation);
    };
    const timer = setTimeout(() => settle(`no end within ${patienceMs} ms`), patienceMs);
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.on('error', () => {}); // A reset is an end like another.
    socket.on('close', () => settle(judged(Buffer.concat(received).toString('latin1'))));
    socket.on('end', () => socket.end());
    socket.on('connect', () => {
      void sendInPieces(bytes, random, (piece) => socket.write(piece)).then(() => socket.end());
    });
  });
}

async function sendInPieces(bytes: Buffer, random: Random, write: (piece: Buffer) => void): Promise<void> {
  const cuts = Array.from({ length: random.whole(0, 2) }, () => random.whole(0, bytes.length)).sort((a, b) => a - b);
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    write(bytes.subarray(from, cut));
    from = cut;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Judges each answer in `text` that has a length: errors have. */
function judged(text: string): string | null {
  for (const match of text.matchAll(/^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/gm)) {
    const header = (name: string): string | undefined => new RegExp(`^${name}: (.*)\\r$`, 'im').exec(match[2]!)?.[1];
    const status = Number(match[1]);
    const length = header('content-length');
    if (status < 200 || (length === undefined && status < 400)) continue;
    const start = match.index + match[0].length;
    const answer = {
      status,
      contentType: header('content-type') ?? '',
      requestId: header('x-request-id'),
      body: Buffer.from(text.slice(start, start + Number(length ?? 0)), 'latin1').toString(),
    };
    const violation = violationOf(answer);
    if (violation !== null) return violation;
  }
  return null;
}
