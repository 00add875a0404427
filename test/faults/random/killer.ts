// Deals one kill: waits for its moment, sends its signals, and notes whom it struck.
import { isChildOf } from '../harness/processes.ts';
import type { FaultServer } from '../harness/server.ts';
import { delay, msUntil, until } from '../harness/wait.ts';
import type { Crowd, Flight } from './crowd.ts';
import { isLethal, type Kill, type ModelName } from './plan.ts';

/** A moment that does not come in this time is taken as it is then. */
const chanceMs = 45_000;
/** Requests of one model that the server runs together: one more waits. */
export const placesPerModel = 2;

export interface Dealt {
  readonly kill: Kill;
  /** Whether the moment came, and a worker was there. */
  readonly inPhase: boolean;
  readonly hit: boolean;
}

interface Scene {
  readonly server: FaultServer;
  readonly crowd: Crowd;
}

type Target = { readonly pid: number; readonly inPhase: boolean };

export async function deal(scene: Scene, kill: Kill): Promise<Dealt> {
  const { crowd } = scene;
  crowd.focus = kill.model;
  try {
    const { pid, inPhase } = await moment(scene, kill);
    const hit = await strike(scene, kill, pid);
    if (kill.phase === 'load') await readyWorker(scene, kill.model);
    return { kill, hit, inPhase };
  } finally {
    crowd.open(kill.model);
  }
}

/** The requests that the kills before this one struck have their answers. */
export async function settle({ crowd }: Scene, model: ModelName): Promise<void> {
  await Promise.all(crowd.on(model).flatMap(({ strikes, landed }) => (strikes.length > 0 ? [landed] : [])));
}

async function readyWorker({ server, crowd }: Scene, model: ModelName): Promise<number> {
  let pid = 0;
  await until(
    `${model} is ready`,
    async () => {
      const worker = await server.worker(model);
      if (worker?.state === 'ready') pid = worker.pid;
      else if (worker === undefined && crowd.on(model).length === 0) await server.load(model);
      return pid > 0;
    },
    120_000,
  );
  return pid;
}

/** Waits for the phase of `kill`; the worker that is in it. */
async function moment(scene: Scene, { model, phase, token, delayMs }: Kill): Promise<Target> {
  const { server, crowd } = scene;
  const came = async (condition: () => boolean | Promise<boolean>): Promise<boolean> =>
    (await msUntil(condition, chanceMs)) < Number.POSITIVE_INFINITY;
  const running = async (): Promise<number> => (await server.worker(model))?.running ?? 0;
  let inPhase = true;
  switch (phase) {
    case 'load':
      await server.admin('/admin/unload', { model });
      void server.load(model).catch(() => {}); // Refused when it is unloaded once more, or the server ends.
      inPhase = await came(async () => (await server.worker(model))?.state === 'starting');
      await delay(delayMs);
      return { pid: (await server.worker(model))?.pid ?? 0, inPhase };
    case 'idle':
      crowd.close(model);
      inPhase = await came(() => crowd.on(model).length === 0);
      break;
    case 'prefill': {
      await readyWorker(scene, model);
      const waits = ({ pieces, order }: Flight): boolean => pieces === 0 && order.stream;
      inPhase = await came(async () => crowd.on(model).some(waits) && (await running()) > 0);
      await delay(delayMs);
      break;
    }
    case 'behind a queue':
      await readyWorker(scene, model);
      inPhase = await came(async () => crowd.on(model).length > placesPerModel && (await running()) > 0);
      await delay(delayMs);
      break;
    case 'token n':
    case 'last token':
      return onToken(scene, model, ({ order }) =>
        Math.min(phase === 'token n' ? token : Infinity, order.expected.pieces),
      );
    default:
      phase satisfies never;
  }
  return { pid: await readyWorker(scene, model), inPhase };
}

/** Resolves in the same moment in which a stream of `model` gets that token. */
async function onToken(scene: Scene, model: ModelName, tokenOf: (flight: Flight) => number): Promise<Target> {
  const pid = await readyWorker(scene, model);
  const { crowd } = scene;
  return new Promise((resolve) => {
    const finish = (inPhase: boolean): void => {
      clearTimeout(timer);
      crowd.onPiece = () => {};
      resolve({ pid, inPhase });
    };
    const timer = setTimeout(() => finish(false), chanceMs);
    crowd.onPiece = (flight) => {
      if (flight.order.model === model && flight.pieces === tokenOf(flight)) finish(true);
    };
  });
}

/** Whether the log has the exit of the worker that had `pid` last. */
function hasToldExit({ events }: FaultServer, pid: number): boolean {
  const id = events.findLast((event) => event.msg === 'worker-started' && event.pid === pid)?.workerId;
  return events.some((event) => event.msg === 'worker-exited' && event.workerId === id);
}

async function strike({ server, crowd }: Scene, kill: Kill, pid: number): Promise<boolean> {
  const { manner, model, holdMs } = kill;
  const [first, second] = manner.split('+').map((name) => `SIG${name}` as NodeJS.Signals);
  const note = (): void => {
    for (const { strikes, text } of crowd.on(model)) {
      if (strikes.at(-1)?.kill !== kill) strikes.push({ kill, textLength: text.length });
    }
  };
  const signal = (name: NodeJS.Signals): boolean => {
    if (pid <= 1 || !isChildOf(pid, server.pid)) return false;
    note();
    process.kill(pid, name);
    return true;
  };
  const hit = signal(first!);
  if (second !== undefined && hit) {
    await delay(holdMs);
    signal(second);
  }
  if (hit && isLethal(kill)) {
    await until(`the server knows that ${pid} is dead`, () => hasToldExit(server, pid));
    note(); // Those who were given to a worker that was dying already.
  }
  return hit;
}
