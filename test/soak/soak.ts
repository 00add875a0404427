// A server under mixed load for a long time, with workers killed and models unloaded, holds no more at the end than after
// its warm-up, and every answer is right.
import { type Figure, type Figures, none, noted } from '../faults/figures.ts';
import { isChildOf, openFiles, serversOnRecord, strangersIn, workersOf } from '../faults/harness/processes.ts';
import { seeded } from '../faults/harness/seeded.ts';
import { type FaultServer, startServer } from '../faults/harness/server.ts';
import { delay, msUntil, until } from '../faults/harness/wait.ts';
import { counts, realModels, takeReferences } from './acts.ts';
import { Crowd } from './crowd.ts';
import { flatness, type Tolerance } from './flat.ts';
import { type Sample, type Sampler, startSampler } from './sampler.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly say: (text: string) => void;
}

interface Measure {
  readonly key: keyof Sample;
  readonly what: string;
  readonly unit: string;
  readonly tolerance: Tolerance;
}

/** A heap that grows by less than a tenth is a collector that takes its time; a leak of a kilobyte a request is more. */
const measures: readonly Measure[] = [
  { key: 'residentMb', what: 'resident memory of the server', unit: ' MB', tolerance: { share: 0.1, least: 16 } },
  { key: 'files', what: 'open files of the server', unit: '', tolerance: { share: 0, least: 6 } },
  { key: 'threads', what: 'threads of the server', unit: '', tolerance: { share: 0, least: 2 } },
  { key: 'blocks', what: 'blocks in /dev/shm', unit: '', tolerance: { share: 0, least: 2 } },
  { key: 'workers', what: 'workers in the registry', unit: '', tolerance: { share: 0, least: 1 } },
];

/** Sample distance; a short run needs more of them. */
const everyMs = (minutes: number): number => (minutes < 10 ? 500 : 2000);
/** Between two disturbances. */
const calmMs = (minutes: number): number => (minutes < 10 ? 5000 : 15_000);

export async function* soak({ minutes, seed, say }: SoakOptions): Figures {
  const env = { MLX_MAX_CONCURRENT_REQUESTS: '4', MLX_REQUEST_TIMEOUT: '120', MLX_MODEL_LOAD_TIMEOUT: '170' };
  await using server = await startServer({ programs: ['counts'], env });
  const references = await takeReferences(server.port);
  const crowd = new Crowd({ port: server.port, seed, references, scriptedClients: 4 });
  const sampler = startSampler(server, everyMs(minutes));
  const disturbances = { kills: 0, unloads: 0 };
  const beganMs = performance.now();
  const left = (): number => minutes * 60_000 - (performance.now() - beganMs);
  for (let number = 0; left() > 0; number += 1) {
    await delay(Math.min(left(), calmMs(minutes)));
    if (left() > 0) await disturb(server, crowd, { seed, number, disturbances });
    if (number % 20 === 19) say(progress(crowd, sampler, left()));
  }
  sampler.stop();
  await crowd.stop();
  yield* answers(crowd, disturbances, minutes);
  for (const measure of measures) yield flat(measure, sampler.samples);
  yield* rest(server, sampler);
}

interface Disturbing {
  readonly seed: number;
  readonly number: number;
  readonly disturbances: { kills: number; unloads: number };
}

/** Kills a worker or unloads a model by hand: mostly the scripted one, which is back in no time. */
async function disturb(server: FaultServer, crowd: Crowd, { seed, number, disturbances }: Disturbing): Promise<void> {
  const random = seeded(seed + 7, number);
  const model = random.next() < 0.6 ? counts : random.pick(realModels);
  if (random.next() < 0.3) {
    await server.admin('/admin/unload', { model });
    disturbances.unloads += 1;
    return;
  }
  const worker = await server.worker(model);
  if (worker?.state !== 'ready' || !crowd.hasAnswered(model) || !isChildOf(worker.pid, server.pid)) return;
  crowd.struck(model);
  process.kill(worker.pid, 'SIGKILL');
  disturbances.kills += 1;
}

function progress({ tally }: Crowd, { samples }: Sampler, leftMs: number): string {
  const { residentMb, files, threads } = samples.at(-1)!;
  const held = `${residentMb.toFixed(0)} MB, ${files} files, ${threads} threads`;
  return `  ${(leftMs / 60_000).toFixed(1)} minutes left: ${tally.answered} answers, ${tally.problems.length} wrong; ${held}`;
}

function* answers({ tally }: Crowd, { kills, unloads }: Disturbing['disturbances'], minutes: number) {
  const { answered, refused, problems, left, crashed, real, identical } = tally;
  const right = answered + refused - problems.length;
  yield noted('soak', 'minutes; workers killed; models unloaded', `${minutes}; ${kills}; ${unloads}`);
  yield {
    goal: 'soak',
    what: 'answers right, ended once, or refused as they must be',
    measured: `${right} of ${answered + refused}${problems.length === 0 ? '' : `: ${problems.slice(0, 5).join('; ')}`}`,
    target: 'all',
    judged: 'count',
    pass: problems.length === 0 && real > 0 && refused > 0 && kills > 0,
  } satisfies Figure;
  yield noted('soak', 'left by their client; worker_crashed, in flight at two kills', `${left}; ${crashed}`);
  yield noted('soak', 'real models: words as undisturbed', `${identical} of ${real}`);
}

function flat({ key, what, unit, tolerance }: Measure, samples: readonly Sample[]): Figure {
  const { medians, growth, allowed, isFlat } = flatness(
    samples.map((sample) => sample[key]),
    tolerance,
  );
  return {
    goal: 'soak',
    what: `${what}: medians of four windows after the warm-up`,
    measured: `${medians.map((value) => value.toFixed(0)).join(', ')}${unit}; ${growth > 0 ? '+' : ''}${growth.toFixed(0)}`,
    target: `≤ +${allowed.toFixed(0)}${unit}`,
    judged: 'count',
    pass: isFlat,
  };
}

/** What is left once every model is unloaded. */
async function* rest(server: FaultServer, sampler: Sampler): Figures {
  const { admin, stateDir, pid } = server;
  await admin('/admin/unload', {});
  const workers = () => serversOnRecord(stateDir).flatMap((one) => one.workers);
  await until('no worker runs', () => workersOf(stateDir).length === 0 && workers().length === 0);
  await msUntil(() => strangersIn(server).length === 0, 2000);
  await msUntil(() => sampler.blocksThere().length === 0, 2000);
  yield none('soak', 'blocks left in /dev/shm', sampler.blocksThere().length);
  yield none('soak', 'files left in the state directory', strangersIn(server).length);
  yield noted('soak', 'open files of the server at rest', String(openFiles(pid)));
}
