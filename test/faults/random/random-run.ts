// The random fault run: kills drawn from a seed under eight clients, every answer judged, and what is left at the end.
import { counted, type Figure, type Figures, none, noted } from '../figures.ts';
import { blocksLeft, openFiles, serversOnRecord, sharedBlocks, strangersIn, workersOf } from '../harness/processes.ts';
import { type FaultServer, startServer } from '../harness/server.ts';
import { msUntil, until } from '../harness/wait.ts';
import { Crowd, type Flight } from './crowd.ts';
import { judge, type Verdict } from './judge.ts';
import { type Dealt, deal, placesPerModel, settle } from './killer.ts';
import { type Questions, takeReferences } from './orders.ts';
import { killOf, models } from './plan.ts';
import { summaryLines } from './summary.ts';

/** The seed of the run whose table is in docs/reliability.md. */
export const defaultSeed = 20_261_123;

export interface RandomRunOptions {
  readonly seed: number;
  /** Number of the first kill, and how many. */
  readonly from: number;
  readonly kills: number;
  readonly clients: number;
  /** How many different questions the real models are asked. */
  readonly questions: Questions;
  readonly say: (text: string) => void;
}

/** The same few kills at each time: one of MLX, three of llama, eight of scripted workers. */
const shortSeed = 132;

export const shortRandomRun = (say: (text: string) => void): Figures =>
  randomRun({ seed: shortSeed, from: 1, kills: 12, clients: 8, questions: { mlx: 1, llama: 3 }, say });

type Tally = Map<Verdict['kind'], number>;

export async function* randomRun(options: RandomRunOptions): Figures {
  const { seed, from, kills, clients, say } = options;
  const blocks = sharedBlocks();
  const env = { MLX_MAX_CONCURRENT_REQUESTS: String(placesPerModel), MLX_REQUEST_TIMEOUT: '60' };
  await using server = await startServer({ programs: ['counts', 'slow-to-load'], env });
  const references = await takeReferences(server.port, options.questions);
  const openBefore = await openFilesAtRest(server);
  const tally: Tally = new Map();
  let lastKill = from - 1;
  const onLanded = (flight: Flight, answer: Parameters<typeof judge>[1]): void => {
    const verdict = judge(flight, answer, references);
    tally.set(verdict.kind, (tally.get(verdict.kind) ?? 0) + 1);
    if (verdict.kind === 'violation') say(violationLine(seed, flight, lastKill, verdict.what));
  };
  const crowd = new Crowd({ port: server.port, clients, seed, references, onLanded });
  const dealt: Dealt[] = [];
  try {
    for (let hits = 0; hits < kills; ) {
      lastKill += 1;
      const kill = killOf(seed, lastKill);
      if (!kill.hasty) await settle({ server, crowd }, kill.model);
      const one = await deal({ server, crowd }, kill);
      dealt.push(one);
      hits += Number(one.hit);
      if (one.hit && hits % 25 === 0) say(`  ${hits} kills dealt`);
    }
  } catch (error) {
    throw new Error(`seed ${seed}, kill ${lastKill} could not be dealt`, { cause: error });
  } finally {
    await crowd.stop();
  }
  for (const line of summaryLines(dealt)) say(line);
  yield* figures(dealt, tally, options);
  yield* traces(server, openBefore, blocks);
}

const violationLine = (seed: number, { order, strikes }: Flight, lastKill: number, what: string): string => {
  const numbers = strikes.length > 0 ? strikes.map(({ kill }) => kill.number) : [lastKill];
  return `  VIOLATION, seed ${seed}, kill ${numbers.join(' and ')}: request ${order.number} to ${order.model}: ${what}`;
};

function* figures(dealt: readonly Dealt[], tally: Tally, { seed, clients }: RandomRunOptions): Generator<Figure> {
  const of = (kind: Verdict['kind']): number => tally.get(kind) ?? 0;
  const all = [...tally.values()].reduce((sum, count) => sum + count, 0);
  const hits = dealt.filter(({ hit }) => hit);
  const inPhase = hits.filter((one) => one.inPhase).length;
  yield noted(
    'random',
    `kills under ${clients} clients, seed ${seed}`,
    `${hits.length}, ${inPhase} of them in their phase`,
  );
  yield counted(
    'random',
    'requests that ended once, rightly and counted rightly, or were left by their client',
    all - of('violation'),
    all,
  );
  yield noted('random', 'whole text as undisturbed', String(of('identical')));
  yield noted('random', 'left by their client', String(of('left')));
  yield noted('random', 'worker_crashed, in flight at two kills', String(of('crashed-twice')));
  yield noted('random', 'llama: parted at a near-tie behind the seam', String(of('parted-behind-seam')));
  yield noted(
    'random',
    'llama: parted at a near-tie without or before a seam (batch shape)',
    String(of('parted-by-batch')),
  );
}

/** Waits until no model is loaded and none on record; how many files the server has open then. */
async function openFilesAtRest({ admin, stateDir, pid }: FaultServer): Promise<number> {
  await Promise.all(models.map((model) => admin('/admin/unload', { model })));
  const workers = () => serversOnRecord(stateDir).flatMap((server) => server.workers);
  await until('no worker runs', () => workersOf(stateDir).length === 0 && workers().length === 0);
  await msUntil(() => strangersIn({ stateDir, pid }).length === 0, 2000); // The registry is replaced by way of a file beside it.
  return openFiles(pid);
}

async function* traces(server: FaultServer, openBefore: number, blocks: ReadonlySet<string>): Figures {
  await openFilesAtRest(server);
  await msUntil(() => openFiles(server.pid) <= openBefore, 20_000); // Connections of clients that were kept alive.
  yield none('random', 'workers left', workersOf(server.stateDir).length);
  yield none('random', 'open files of the server beyond those before', Math.max(0, openFiles(server.pid) - openBefore));
  yield none('random', 'blocks left in /dev/shm', blocksLeft(blocks).length);
  yield none('random', 'files left in the state directory', strangersIn(server).length);
}
