// R10 in every state of a request and by every way in which it can end early: its client leaves, an operator cancels it,
// its X-Request-Timeout is over. Scripted workers hold it in its state.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { counted, type Figures, within } from './figures.ts';
import { tell } from './harness/cases.ts';
import { type FaultServer, scripted, startServer } from './harness/server.ts';
import { delay, msUntil, until } from './harness/wait.ts';

const ways = ['fin', 'rst', 'cancel', 'timeout'] as const;
type Way = (typeof ways)[number];
const timeoutMs = 1500;

/** An image host whose answers never come. */
interface Host {
  readonly server: Server;
  readonly connections: Set<Socket>;
}

interface Scene {
  readonly server: FaultServer;
  readonly host: Host;
}

interface State {
  readonly name: string;
  readonly model: string;
  readonly content: (scene: Scene) => unknown;
  /** Whether the request has come to it. */
  readonly reached: (scene: Scene, client: Client) => Promise<boolean>;
  /** Whether nothing is left of it. */
  readonly isGone: (scene: Scene) => Promise<boolean>;
}

const gauge = async ({ server }: Scene, name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await server.text('/metrics'))?.[1]);
const active = (scene: Scene): Promise<number> => gauge(scene, 'mlx_active_requests');
const runningIn = async ({ server }: Scene, model: string): Promise<number> =>
  (await server.worker(model))?.running ?? 0;

const idle =
  (model: string) =>
  async (scene: Scene): Promise<boolean> =>
    (await active(scene)) === 0 && (await runningIn(scene, model)) === 0;

const states: readonly State[] = [
  {
    name: 'queued',
    model: scripted('counts'),
    content: () => tell('w', 3, 1),
    reached: async (scene) => (await gauge(scene, 'mlx_queue_depth')) === 1,
    isGone: async (scene) => (await gauge(scene, 'mlx_queue_depth')) === 0,
  },
  {
    name: 'images downloading',
    model: scripted('sees-images'),
    content: ({ host }) => [
      { type: 'image_url', image_url: { url: `http://localhost:${(host.server.address() as AddressInfo).port}/x` } },
    ],
    reached: async ({ host }) => host.connections.size === 1,
    isGone: async ({ host }) => host.connections.size === 0,
  },
  {
    name: 'loading',
    model: scripted('never-ready'),
    content: () => 'x',
    reached: async (scene) =>
      (await active(scene)) === 1 && (await scene.server.worker(scripted('never-ready')))?.state === 'starting',
    isGone: async (scene) => (await active(scene)) === 0,
  },
  {
    name: 'prefill',
    model: scripted('falls-silent'),
    content: () => 'silent',
    reached: async (scene) => (await runningIn(scene, scripted('falls-silent'))) === 1,
    isGone: idle(scripted('falls-silent')),
  },
  {
    name: 'decode',
    model: scripted('counts'),
    content: () => tell('w', 900, 10),
    reached: async (_, { response }) => response() !== undefined,
    isGone: idle(scripted('counts')),
  },
  {
    name: 'a reader who does not read',
    model: scripted('counts'),
    content: () => `${tell('w', 900, 5)} size=60000`,
    reached: async ({ server }, client) => client.response() !== undefined && isStuck(server.port, client.localPort()),
    isGone: idle(scripted('counts')),
  },
];

/** Whether the kernel holds bytes of the server that this client has not taken, now and a moment later. */
async function isStuck(port: number, localPort: number): Promise<boolean> {
  const waiting = (): number => {
    const ends = [port, localPort].map((number) => `:${number.toString(16).toUpperCase().padStart(4, '0')}`);
    const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
    const line = lines.find((each) => each.trim().split(/\s+/)[1]?.endsWith(ends[0]!) && each.includes(`${ends[1]} `));
    return Number.parseInt(line?.trim().split(/\s+/)[4]?.split(':')[0] ?? '0', 16);
  };
  if (waiting() === 0) return false;
  await delay(50);
  return waiting() > 0;
}

interface Client {
  readonly sentMs: number;
  response(): IncomingMessage | undefined;
  localPort(): number;
  leave(how: 'fin' | 'rst'): void;
  /** Reads all of the answer; the error code in it. */
  code(): Promise<string | undefined>;
}

function send({ port }: FaultServer, model: string, content: unknown, way: Way): Client {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }], stream: true });
  const limit = way === 'timeout' ? { 'x-request-timeout': String(timeoutMs / 1000) } : {};
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...limit };
  const path = '/v1/chat/completions';
  const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
  let response: IncomingMessage | undefined;
  const answered = new Promise<IncomingMessage | undefined>((resolve) => {
    outgoing.on('response', (message) => {
      response = message;
      resolve(message);
    });
    outgoing.on('error', () => resolve(undefined)); // It was we who left.
  });
  outgoing.end(body);
  return {
    sentMs: performance.now(),
    response: () => response,
    localPort: () => outgoing.socket?.localPort ?? 0,
    leave(how) {
      if (how === 'rst') outgoing.socket?.resetAndDestroy();
      outgoing.destroy();
    },
    async code() {
      const message = await answered;
      let text = '';
      for await (const part of message!.setEncoding('utf8')) text = (text + String(part)).slice(-2000);
      return /"code":"(\w+)"/.exec(text)?.[1];
    },
  };
}

/** Ends the client's request; milliseconds from then until nothing is left, and the code that the client was told. */
async function end(scene: Scene, state: State, way: Way, client: Client) {
  const { server } = scene;
  let beganMs = performance.now();
  if (way === 'fin' || way === 'rst') client.leave(way);
  else if (way === 'cancel') {
    const { live } = JSON.parse(await server.text('/admin/requests')) as { live: { id: string }[] };
    beganMs = performance.now();
    await server.admin(`/admin/requests/${live.at(-1)!.id}/cancel`, {});
  } else beganMs = client.sentMs + timeoutMs;
  await msUntil(() => state.isGone(scene), 10_000);
  const goneMs = Math.max(0, performance.now() - beganMs);
  return { goneMs, code: way === 'fin' || way === 'rst' ? null : await client.code() };
}

async function oneEnd(scene: Scene, state: State, way: Way) {
  const { server } = scene;
  const isQueued = state.name === 'queued';
  const running = isQueued ? send(server, state.model, tell('w', 900, 20), 'fin') : undefined;
  if (isQueued) await until('the place is taken', async () => (await active(scene)) === 1);
  const client = send(server, state.model, state.content(scene), way);
  const gone = async (): Promise<boolean> => way === 'timeout' && performance.now() - client.sentMs > timeoutMs;
  await until(`it is ${state.name}`, async () => (await state.reached(scene, client)) || gone());
  const result = await end(scene, state, way, client);
  running?.leave('fin');
  await until('the server is at rest', async () => (await active(scene)) === 0);
  return result;
}

export async function* r10EveryState(rounds: number): Figures {
  const host: Host = { server: createServer(() => {}), connections: new Set() };
  host.server.on('connection', (socket) => {
    host.connections.add(socket);
    socket.once('close', () => host.connections.delete(socket));
  });
  await new Promise<void>((resolve) => host.server.listen(0, '127.0.0.1', resolve));
  await using server = await startServer({
    env: { MLX_MAX_CONCURRENT_REQUESTS: '1', MLX_IMAGE_ALLOWED_HOSTS: 'localhost' },
    programs: ['counts', 'sees-images', 'never-ready', 'falls-silent'],
  });
  await server.load(scripted('counts'));
  await server.load(scripted('falls-silent'));
  const codes: (string | undefined)[] = [];
  for (const state of states) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const way of ways) {
        const { goneMs, code } = await oneEnd({ server, host }, state, way);
        times.push(goneMs);
        if (code !== null) codes.push(code);
      }
    }
    const limitMs = state.name === 'queued' ? 100 : 250;
    yield within('R10', `${state.name}: gone after FIN, RST, cancel, X-Request-Timeout`, times, limitMs);
    const gone = times.filter((ms) => ms < 10_000).length;
    yield counted('R10', `${state.name}: ended, by each way`, gone, times.length);
  }
  const told = codes.filter((code) => code === 'cancelled' || code === 'queue_timeout').length;
  yield counted('R10', 'cancelled or out of time: the client is told so', told, codes.length);
  host.server.closeAllConnections();
  host.server.close();
}
