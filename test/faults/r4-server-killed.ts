// R4 and R5: the server SIGKILLed. Its workers end by themselves, whatever they are at; one that could not is ended by the
// next server before it listens; nothing is left on record or in shared memory.
import { counted, type Figures, none, within } from './figures.ts';
import { ask } from './harness/client.ts';
import { blocksLeft, isStopped, serversOnRecord, sharedBlocks, strangersIn, workersOf } from './harness/processes.ts';
import { type FaultServer, llama, mlx, startServer } from './harness/server.ts';
import { msUntil, until } from './harness/wait.ts';

const engines = [llama, mlx];

/** What the server and its worker are at when the server is killed; resolves at that moment. */
type Scene = (server: FaultServer, model: string) => Promise<void>;

const long = 'Tell me a long story about a river and all the towns that it flows through, one after another.';

function generate({ port }: FaultServer, model: string, onPiece: () => void = () => {}): void {
  void ask({ port, model, content: long, more: { max_tokens: 200 }, stream: true, onPiece }).answer;
}

const scenes: Readonly<Record<string, Scene>> = {
  idle: async (server, model) => void (await server.load(model)),
  streaming: (server, model) => new Promise((resolve) => generate(server, model, resolve)),
  loading: async (server, model) => {
    void server.admin('/admin/load', { model }).catch(() => {});
    await until('it loads', async () => (await server.worker(model))?.state === 'starting');
  },
  'in a native call': async (server, model) => {
    await server.load(model);
    generate(server, model); // The prefill is one.
    await until('it runs', async () => ((await server.worker(model))?.running ?? 0) > 0);
  },
  unloading: async (server, model) => {
    await scenes['in a native call']!(server, model);
    const { pid } = (await server.worker(model))!;
    void server.admin('/admin/unload', { model }).catch(() => {});
    await until('it is unloaded', async () => (await server.worker(model))?.pid !== pid);
  },
  'with a stopped worker': async (server, model) => {
    await server.load(model);
    const { pid } = (await server.worker(model))!;
    process.kill(pid, 'SIGSTOP');
    await until('it has stopped', () => isStopped(pid));
  },
};

/** Those ended by the signal in their parent's death, and those that a start must end. */
const stoppedScene = 'with a stopped worker';

interface Tally {
  readonly goneMs: number[];
  readonly reaped: boolean[];
  readonly clean: boolean[];
}

const env = { MLX_MAX_CONCURRENT_REQUESTS: '2' };
const names = Object.keys(scenes);

export async function* r4ServerKilled(rounds: number): Figures {
  const blocks = sharedBlocks();
  const tally: Tally = { goneMs: [], reaped: [], clean: [] };
  let server = await startServer({ env });
  try {
    for (let round = 0; round < rounds; round += 1) server = await killInRound(server, round, tally);
    const { clean, goneMs, reaped } = tally;
    yield counted('R4', `server SIGKILLed (${names.join(', ')}): no trace left`, clean.filter(Boolean).length, rounds);
    yield within('R4', `its workers gone by themselves, ${goneMs.length} times`, goneMs, 5000);
    yield counted('R5', 'a stopped worker ended by the next start', reaped.filter(Boolean).length, reaped.length);
    yield none('R4', 'blocks left in /dev/shm', blocksLeft(blocks).length);
    yield none('R4', 'files left in the state directory', strangersIn(server).length);
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

/** Kills `server` in the scene of this round; the next server on the same state directory. */
async function killInRound(server: FaultServer, round: number, tally: Tally): Promise<FaultServer> {
  const name = names[round % names.length]!;
  await scenes[name]!(server, engines[Math.floor(round / names.length) % engines.length]!);
  const existed = workersOf(server.stateDir).length;
  server.process.kill('SIGKILL');
  await server.exited;
  if (name !== stoppedScene) tally.goneMs.push(await msUntil(() => workersOf(server.stateDir).length === 0, 20_000));
  const next = await startServer({ env, folder: server.folder });
  const left = workersOf(next.stateDir).length;
  if (name === stoppedScene) tally.reaped.push(existed > 0 && left === 0);
  tally.clean.push(left === 0 && isClean(next));
  return next;
}

/** Only the living server is on record, and it has no worker. */
function isClean({ stateDir, pid }: FaultServer): boolean {
  const servers = serversOnRecord(stateDir);
  return servers.length === 1 && servers[0]!.pid === pid && servers[0]!.workers.length === 0;
}
