// Does a crowd of idle and slow connections, or a hostile body, keep others waiting?
import { connect, type Socket } from 'node:net';
import { probe } from './harness/health-probe.ts';
import { type Question, withinLimit } from './harness/question.ts';
import { startServer } from './harness/server.ts';
import { percentile } from './harness/statistics.ts';

const idle = 5000;
const slow = 500;
const headersTimeoutSeconds = 15;

function open(port: number, first: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(first);
      socket.off('error', reject).on('error', () => {});
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** Connections that begin a request and go on with a byte a second. */
async function openCrowd(port: number): Promise<{ slowOnes: Socket[]; stop: () => void }> {
  const all: Socket[] = [];
  for (let n = 0; n < idle; n += 1) {
    const keepAlive = `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    all.push(await open(port, n % 2 === 0 ? '' : keepAlive));
  }
  const slowOnes: Socket[] = [];
  for (let n = 0; n < slow; n += 1) slowOnes.push(await open(port, 'GET /health HTTP/1.1\r\nX-Slow: '));
  const timer = setInterval(() => {
    for (const socket of slowOnes) if (socket.writable) socket.write('x');
  }, 1000);
  const stop = (): void => {
    clearInterval(timer);
    for (const socket of [...all, ...slowOnes]) socket.destroy();
  };
  return { slowOnes, stop };
}

const bodies: Readonly<Record<string, () => string>> = {
  '60 MB of small objects': () => `{"messages":[${'{"role":"user","content":"x"},'.repeat(2_000_000)}{}]}`,
  '60 MB of one text': () => `{"temperature":9,"messages":[{"role":"user","content":"${'QUJD'.repeat(15_000_000)}"}]}`,
  '60 MB of escapes': () => `{"temperature":9,"messages":[{"role":"user","content":"${'\\n'.repeat(30_000_000)}"}]}`,
};

async function healthBeside(port: number, body: string): Promise<number[]> {
  let answered = false;
  const headers = `Host: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  const socket = await open(port, `POST /v1/chat/completions HTTP/1.1\r\n${headers}\r\n\r\n`);
  socket.once('data', () => {
    answered = true;
  });
  socket.write(body);
  const values = await probe(port, () => answered || socket.destroyed);
  socket.destroy();
  return values;
}

export const crowd: Question = {
  name: 'crowd',
  explanation:
    `GET /health beside ${idle} idle connections and ${slow} that send a byte of their headers a second, which are to be ` +
    'closed; and beside one request with a hostile body.',
  async *ask() {
    await using server = await startServer();
    const { port } = server;
    const { slowOnes, stop } = await openCrowd(port);
    const deadlineMs = performance.now() + (headersTimeoutSeconds + 10) * 1000;
    const closed = (): boolean => slowOnes.every(({ destroyed }) => destroyed);
    const beside = await probe(port, () => closed() || performance.now() > deadlineMs);
    const left = slowOnes.filter(({ destroyed }) => !destroyed).length;
    stop();
    yield withinLimit(100, { name: '/health beside the crowd, p99', measured: percentile(beside, 0.99), unit: 'ms' });
    yield withinLimit(0, { name: `slow connections of ${slow} left open`, measured: left, unit: '' });
    for (const [name, body] of Object.entries(bodies)) {
      const values = await healthBeside(port, body());
      yield withinLimit(200, {
        name: `/health beside ${name}, the longest`,
        measured: Math.max(...values),
        unit: 'ms',
      });
    }
  },
};
