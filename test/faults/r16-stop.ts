// R16: SIGTERM to the server. What is in flight finishes, the exit code is 0, a second signal ends it at once, and no
// worker is left either way.
import { counted, type Figures, none, within } from './figures.ts';
import { tell, told } from './harness/cases.ts';
import { type Answer, ask, endedOnce } from './harness/client.ts';
import { workersOf } from './harness/processes.ts';
import { type FaultServer, llama, mlx, scripted, startServer } from './harness/server.ts';
import { delay, until } from './harness/wait.ts';

const counts = scripted('counts');
const slow = scripted('slow-to-load');

interface Stop {
  readonly inFlight: readonly boolean[];
  readonly exit: number | string;
  readonly exitMs: number;
  readonly orphans: number;
}

/** Requests in flight at the signal; each answer's verdict. */
type Scene = (server: FaultServer) => Promise<readonly Promise<boolean>[]>;

const word = (server: FaultServer, model: string, tokens: number) =>
  ask({ port: server.port, model, content: tell('s', tokens, 10), stream: true }).answer.then(
    (answer) => endedOnce(answer, true) && answer.text === told('s', tokens),
  );

const real = (server: FaultServer, model: string) =>
  ask({ port: server.port, model, content: 'Count to ten.', more: { max_tokens: 16 }, stream: true }).answer.then(
    (answer: Answer) => endedOnce(answer, true),
  );

const running = (server: FaultServer, model: string) =>
  until('it runs', async () => ((await server.worker(model))?.running ?? 0) > 0);

const scenes: Readonly<Record<string, Scene>> = {
  idle: async (server) => {
    await server.load(counts);
    return [];
  },
  streaming: async (server) => {
    const answers = [real(server, llama), real(server, mlx), word(server, counts, 100)];
    await Promise.all([llama, mlx, counts].map((model) => running(server, model)));
    return answers;
  },
  queued: async (server) => {
    const answers = [60, 3, 4].map((tokens) => word(server, counts, tokens));
    await until('two wait', async () => (await server.status()).queue.depth === 2);
    return answers;
  },
  loading: async (server) => {
    const answers = [word(server, slow, 5)];
    await until('it loads', async () => (await server.worker(slow))?.state === 'starting');
    return answers;
  },
};

async function stop(scene: Scene, signals: readonly NodeJS.Signals[]): Promise<Stop> {
  const env = { MLX_MAX_CONCURRENT_REQUESTS: '1' };
  await using server = await startServer({ programs: ['counts', 'slow-to-load'], env });
  const answers = await scene(server);
  server.process.kill(signals[0]!);
  if (signals.length > 1) {
    await delay(200);
    server.process.kill(signals[1]!);
  }
  const signalledMs = performance.now();
  const exit = await server.exited;
  const exitMs = performance.now() - signalledMs;
  return { exit, exitMs, orphans: workersOf(server.stateDir).length, inFlight: await Promise.all(answers) };
}

export async function* r16Stop(rounds: number): Figures {
  const once: Stop[] = [];
  const twice: Stop[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const first = round % 2 === 0 ? 'SIGTERM' : 'SIGINT';
    for (const [name, scene] of Object.entries(scenes)) {
      once.push(await stop(scene, [first]));
      if (name !== 'idle') twice.push(await stop(scene, [first, 'SIGTERM']));
    }
  }
  const finished = once.flatMap(({ inFlight }) => inFlight);
  const stops = [...once, ...twice];
  yield counted(
    'R16',
    'SIGTERM: answers in flight, queued and loading finish',
    finished.filter(Boolean).length,
    finished.length,
  );
  yield counted('R16', 'exit code 0', once.filter(({ exit }) => exit === 0).length, once.length);
  yield within(
    'R16',
    'exit after a second signal',
    twice.map(({ exitMs }) => exitMs),
    1000,
  );
  yield none(
    'R16',
    'workers left',
    stops.reduce((sum, { orphans }) => sum + orphans, 0),
  );
}
