// Keeps all models together within the memory there is: room is made for one load at a time, what workers really hold is
// measured now and then, and models that may go do so where it is too much. Starts no worker.
import type { EmitServerEvent } from '../core/index.ts';
import type { LoadPlan, LoadTooLarge, Model } from '../models/index.ts';
import type { Footprint, MachineRoom, Supervisor } from '../workers/index.ts';
import { evictionsFor, freeBytes, heldBytes, type MemoryHolder, type MemoryLimits, planMemory } from './memory-plan.ts';
import { insufficientMemory } from './refusals.ts';

export interface MemoryGuardOptions {
  readonly emit: EmitServerEvent;
  /** Read at each use: it may change. */
  readonly memoryBudgetBytes: number;
  readonly readFootprint: (pid: number) => Promise<Footprint | null>;
  readonly readMachineRoom: () => Promise<MachineRoom>;
  /** How `model` is to be loaded within a limit, as the configuration wishes now. */
  readonly planLoads: (model: Model) => Promise<LoadPlanner>;
}

export interface LoadPlanner {
  readonly within: (limitBytes: number) => LoadPlan | LoadTooLarge;
  /** The context that the operator has ordered; null where nobody has. */
  readonly orderedContext: number | null;
}

/** A model that has, had or is to have a worker. */
export interface GuardedModel {
  readonly model: Model;
  readonly supervisor: Supervisor;
  readonly users: number;
  readonly loads: number;
  readonly lastUsedMs: number;
  readonly pinned: boolean;
  /** Memory is set aside for it, as this says: its worker runs, or is about to. */
  load: LoadPlan | null;
  measured: { readonly pid: number; readonly footprint: Footprint } | null;
}

/** Smaller changes are not worth an event. */
const toldChange = 0.01;

export class MemoryGuard {
  readonly #options: MemoryGuardOptions;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: MemoryGuardOptions) {
    this.#options = options;
  }

  /** Sets memory aside for `one`, one model at a time, so that two loads never count on the same bytes. */
  async makeRoom(one: GuardedModel, all: () => readonly GuardedModel[]): Promise<void> {
    const turn = this.#turn.then(() => this.#makeRoom(one, all()));
    this.#turn = turn.catch(() => {}); // The next one plans anew; this one's failure is its own.
    await turn;
  }

  /** Asks what the workers hold, and ends those that may go where it is more than there is. */
  async patrol(all: () => readonly GuardedModel[]): Promise<void> {
    this.#turn = this.#turn.then(() => this.#patrol(all())).catch(() => {}); // What was not told now is told next time.
    await this.#turn;
  }

  async #makeRoom(one: GuardedModel, all: readonly GuardedModel[]): Promise<void> {
    if (one.load !== null && hasWorker(one)) return;
    const planner = await this.#options.planLoads(one.model);
    const others = all.filter((other) => other !== one);
    await this.#measure(others);
    const holders = holdersAmong(others);
    const limits = await this.#limits();
    const plan = planMemory(planner.within, limits, holders);
    if (!plan.fits) {
      const { orderedContext } = planner;
      throw insufficientMemory({ model: one.model.id, limits, holders, orderedContext, ...plan.shortage });
    }
    one.load = plan.load;
    await evict(others, plan.evict);
  }

  async #patrol(all: readonly GuardedModel[]): Promise<void> {
    await this.#measure(all);
    // What is promised and not taken harms nobody yet.
    const holders = holdersAmong(all).map((one) => ({
      ...one,
      plannedBytes: one.footprint?.bytes ?? one.plannedBytes,
    }));
    if (holders.length === 0) return;
    await evict(all, evictionsFor(0, freeBytes(await this.#limits(), holders), holders));
  }

  async #limits(): Promise<MemoryLimits> {
    return { budgetBytes: this.#options.memoryBudgetBytes, machine: await this.#options.readMachineRoom() };
  }

  async #measure(models: readonly GuardedModel[]): Promise<void> {
    await Promise.all(models.map((one) => this.#measureOne(one)));
  }

  async #measureOne(one: GuardedModel): Promise<void> {
    const { id: workerId, pid, state } = one.supervisor.snapshot();
    if (pid === null || workerId === null || state !== 'ready') {
      one.measured = null;
      return;
    }
    const footprint = await this.#options.readFootprint(pid);
    if (one.supervisor.snapshot().pid !== pid) return; // It has ended meanwhile, and its end was told.
    const before = one.measured?.pid === pid ? one.measured.footprint.bytes : 0;
    one.measured = footprint === null ? null : { pid, footprint };
    if (footprint === null || Math.abs(footprint.bytes - before) <= before * toldChange) return;
    const { bytes: footprintBytes } = footprint;
    this.#options.emit({ type: 'worker-measured', workerId, model: one.model.id, footprintBytes });
  }
}

/** What the operator may know of a model's memory; null where nothing is set aside for it. */
export function memoryView(one: GuardedModel): {
  readonly footprintBytes: number | null;
  readonly plannedBytes: number | null;
  readonly ownContextLength: number | null;
} {
  return {
    footprintBytes: one.measured?.footprint.bytes ?? null,
    plannedBytes: one.load?.needBytes ?? null,
    ownContextLength: one.load?.ownContextLength ?? null,
  };
}

export const memoryHeldBytes = (all: readonly GuardedModel[]): number =>
  holdersAmong(all).reduce((sum, holder) => sum + heldBytes(holder), 0);

/** A worker that has gone has given its memory back; one that somebody waits for is about to take it. */
const hasWorker = ({ supervisor }: GuardedModel): boolean => supervisor.snapshot().state !== 'stopped';
const isWanted = ({ users, loads }: GuardedModel): boolean => users + loads > 0;

const holdersAmong = (models: readonly GuardedModel[]): readonly MemoryHolder[] =>
  models.flatMap((one) => {
    const { load, measured, model, lastUsedMs, pinned } = one;
    if (load === null || !(hasWorker(one) || isWanted(one))) return [];
    const kept = isWanted(one) ? 'busy' : pinned ? 'pinned' : null;
    return [{ id: model.id, plannedBytes: load.needBytes, footprint: measured?.footprint ?? null, lastUsedMs, kept }];
  });

/** One after the other, and each waited for: its memory is free only then. */
async function evict(models: readonly GuardedModel[], ids: readonly string[]): Promise<void> {
  for (const one of models.filter(({ model }) => ids.includes(model.id))) {
    await one.supervisor.stop('evicted');
    one.load = null;
    one.measured = null;
  }
}
