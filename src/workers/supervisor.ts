// One model's worker: stopped, starting, ready or stopping. The only one that decides whether a process must be started.
import { randomBytes } from 'node:crypto';
import { type Clock, type EmitServerEvent, ServerError, shuttingDown, type WorkerExitReason } from '../core/index.ts';
import { drawBlockNames, noBlockNames, type WorkerPurpose } from '../ipc/index.ts';
import type { Ready } from './await-ready.ts';
import { type Backoff, createBackoff } from './backoff.ts';
import type { EngineCommands } from './engine-command.ts';
import { removeBlocks } from './registry/remove-blocks.ts';
import type { WorkerRegistry } from './registry/worker-registry.ts';
import { unlessAborted } from './unless-aborted.ts';
import type { WorkerExit } from './worker-lost.ts';
import { WorkerProcess } from './worker-process.ts';
import type { WorkerTuning } from './worker-tuning.ts';

/** What is to be loaded; the paths in it are for the worker alone. */
export interface WorkerModel {
  readonly id: string;
  readonly engine: string;
  readonly path: string;
}

/** Read at each start of a worker: limits may change. */
export interface SupervisorOptions {
  readonly model: WorkerModel;
  readonly engines: EngineCommands;
  readonly registry: Pick<WorkerRegistry, 'environment' | 'record' | 'forget'>;
  readonly clock: Clock;
  readonly emit: EmitServerEvent;
  readonly maxBatch: number;
  readonly promptCacheBytes: number;
  readonly decodeStallTargetMs: number | null;
  /** Bulk bytes go through the workers' pipes, never through shared memory. */
  readonly useStdio: boolean;
  /** Tokens of prompt and answer together; null: what the model was made for. */
  readonly contextLength: number | null;
  readonly tuning?: WorkerTuning;
  readonly requestTimeoutMs: number;
  readonly loadTimeoutMs: number;
  /** What the worker is asked; absent: to generate. */
  readonly purpose?: WorkerPurpose | undefined;
}

export interface LoadedWorker {
  readonly worker: WorkerProcess;
  readonly ready: Ready;
}

type State =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting'; readonly worker: WorkerProcess; readonly loaded: Promise<LoadedWorker> }
  | ({ readonly kind: 'ready'; readonly sinceMs: number } & LoadedWorker)
  | { readonly kind: 'stopping'; readonly worker: WorkerProcess };

/**
 * What a worker is wanted for. A `load` fails if the model is unloaded meanwhile, for the others that is a pause; while
 * starts are held back only a `recovery`, which has lost its worker, waits for the next one.
 */
export type LoadPurpose = 'load' | 'request' | 'recovery';

/** What an observer may know; never used to decide whether to start or stop. */
export interface WorkerSnapshot {
  readonly state: State['kind'];
  readonly id: string | null;
  readonly pid: number | null;
  readonly running: number;
  readonly ready: Ready | null;
  readonly uptimeMs: number;
}

/** The worker was ended before it was loaded, by others or by an unload: no fault of the model, to be tried again. */
class LoadCutShort extends Error {
  override name = 'LoadCutShort';
  readonly isUnload: boolean;

  constructor(exit: WorkerExit, isUnload: boolean) {
    super(exit.detail);
    this.isUnload = isUnload;
  }
}

export class Supervisor {
  readonly model: WorkerModel;
  readonly #options: SupervisorOptions;
  readonly #backoff: Backoff;
  #state: State = { kind: 'stopped' };
  /** Whether the load before this one was cut short: a second one in a row is the model's fault. */
  #wasCutShort = false;
  /** The server ends: whoever still waits must not start another worker, which nobody would end. */
  #isOver = false;

  constructor(options: SupervisorOptions) {
    this.model = options.model;
    this.#options = options;
    this.#backoff = createBackoff(options.clock);
  }

  /**
   * The loaded worker, started if there is none. Leaving by `signal` does not stop a load that others may want. `purpose`
   * says what an unload, and starts that are held back, mean to the caller.
   */
  async ensureReady(signal: AbortSignal, purpose: LoadPurpose): Promise<LoadedWorker> {
    for (;;) {
      signal.throwIfAborted();
      const state = this.#state;
      switch (state.kind) {
        case 'ready':
          if (state.worker.alive) return state;
          await unlessAborted(state.worker.exited, signal);
          break;
        case 'starting': {
          const loaded = await unlessAborted(state.loaded, signal).catch((error: unknown) => {
            if (!(error instanceof LoadCutShort)) throw error;
            if (error.isUnload && purpose === 'load') throw this.#startFailed('it was unloaded', 1);
          });
          if (loaded !== undefined) return loaded;
          break;
        }
        case 'stopping':
          await unlessAborted(state.worker.exited, signal);
          break;
        case 'stopped':
          await this.#startUnlessHeld(signal, purpose);
          break;
        default:
          state satisfies never;
      }
    }
  }

  /** Ends the worker, if there is one, and waits until it is gone. */
  async stop(reason: WorkerExitReason, graceMs?: number): Promise<void> {
    const state = this.#state;
    this.#isOver ||= reason === 'server_exit';
    if (state.kind === 'stopped') return;
    if (state.kind !== 'stopping') this.#state = { kind: 'stopping', worker: state.worker };
    await state.worker.stop(reason, graceMs);
  }

  snapshot(): WorkerSnapshot {
    const state = this.#state;
    const worker = state.kind === 'stopped' ? null : state.worker;
    return {
      state: state.kind,
      id: worker?.id ?? null,
      pid: worker?.pid ?? null,
      running: worker?.running ?? 0,
      ready: state.kind === 'ready' ? state.ready : null,
      uptimeMs: state.kind === 'ready' ? this.#options.clock.monotonicMs() - state.sinceMs : 0,
    };
  }

  /** Starts without an await before it, or waits until starts are no longer held back, for the caller to look again. */
  async #startUnlessHeld(signal: AbortSignal, purpose: LoadPurpose): Promise<void> {
    if (this.#isOver) throw shuttingDown();
    const held = this.#backoff.held();
    if (held === undefined) {
      this.#start();
      return;
    }
    const { reason, remainingMs } = held;
    if (purpose !== 'recovery') throw this.#startFailed(reason, Math.ceil(remainingMs / 1000));
    await unlessAborted(new Promise((resolve) => setTimeout(resolve, remainingMs).unref()), signal);
  }

  #startFailed(reason: string, retryAfterSeconds: number): ServerError {
    const text = `The model ${this.model.id} could not be loaded: ${reason.replace(/\.$/, '')}.`;
    return new ServerError('worker_start_failed', text, { retryAfterSeconds });
  }

  #start(): void {
    const { model, clock, emit } = this.#options;
    const startedMs = clock.monotonicMs();
    const worker = this.#spawn();
    const loaded = worker.ready.then(
      (ready) => {
        this.#wasCutShort = false;
        const { engine, memoryBytes } = ready;
        const loadMs = clock.monotonicMs() - startedMs;
        emit({ type: 'worker-ready', workerId: worker.id, model: model.id, engine, loadMs, memoryBytes });
        if (this.#isCurrent(worker, 'starting')) {
          this.#state = { kind: 'ready', worker, ready, sinceMs: clock.monotonicMs() };
        }
        return { worker, ready };
      },
      async () => {
        const exit = await worker.exited;
        if (exit.reason === 'server_exit') throw shuttingDown();
        const isUnload = exit.reason !== 'start_failed' && exit.reason !== 'crashed';
        if (isUnload || this.#wasCutShort) throw new LoadCutShort(exit, isUnload); // #judge has just decided.
        throw this.#startFailed(exit.detail, 1);
      },
    );
    loaded.catch(() => {}); // Told to whoever waits; with nobody waiting the exit event is enough.
    this.#state = { kind: 'starting', worker, loaded };
    void worker.exited.then((exit) => this.#exited(worker, exit));
  }

  #spawn(): WorkerProcess {
    const { model, engines, registry, clock, emit } = this.#options;
    const { maxBatch, promptCacheBytes, decodeStallTargetMs, contextLength, purpose } = this.#options;
    const workerId = randomBytes(6).toString('hex');
    const mark = randomBytes(16).toString('hex');
    const engine = engines(model.engine, model.id);
    const blockNames = this.#options.useStdio ? noBlockNames : drawBlockNames();
    const blocks = [...blockNames.own, ...blockNames.granted];
    const { id, path } = model;
    const load = { workerId, model: id, path, contextLength, maxBatch, promptCacheBytes, decodeStallTargetMs };
    const worker = new WorkerProcess({
      engine: { ...engine, env: { ...engine.env, ...registry.environment(mark) } },
      load: purpose === undefined ? load : { ...load, purpose },
      tuning: this.#options.tuning,
      requestTimeoutMs: this.#options.requestTimeoutMs,
      loadTimeoutMs: this.#options.loadTimeoutMs,
      clock,
      blockNames,
      onBlockFailure: ({ message }) =>
        emit({ type: 'shared-memory-failed', workerId, model: model.id, detail: message }),
      onOutputLine: (line) => emit({ type: 'worker-output', workerId, line }),
      onSpawned: async (pid) => {
        emit({ type: 'worker-started', workerId, model: model.id, pid });
        await registry.record({ id: workerId, pid, model: model.id, engine: model.engine, mark, blocks });
      },
    });
    void worker.exited.then(() => removeBlocks(blocks)).then(() => registry.forget(workerId));
    return worker;
  }

  #exited(worker: WorkerProcess, exit: WorkerExit): void {
    const { reason, detail } = exit;
    this.#judge(worker, exit);
    if (this.#isCurrent(worker)) this.#state = { kind: 'stopped' };
    this.#options.emit({ type: 'worker-exited', workerId: worker.id, model: this.model.id, reason, detail });
  }

  #judge({ achieved }: WorkerProcess, { reason, detail, endedFromOutside }: WorkerExit): void {
    const died = reason === 'crashed' || reason === 'start_failed';
    if (achieved === 'answer') this.#backoff.succeeded();
    else if (died && achieved === 'load') this.#backoff.diedBarren(detail);
    else if (died) {
      this.#wasCutShort = endedFromOutside === true && !this.#wasCutShort;
      if (!this.#wasCutShort) this.#backoff.failed(detail);
    } else if (achieved === 'load' && reason !== 'timeout') this.#backoff.succeeded();
  }

  #isCurrent(worker: WorkerProcess, kind?: State['kind']): boolean {
    const state = this.#state;
    return state.kind !== 'stopped' && state.worker === worker && (kind === undefined || state.kind === kind);
  }
}
