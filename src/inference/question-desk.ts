// Workers that answer questions about text and tokens, apart from those that generate: a model's tokenizer without its
// weights. At most a few at once, the least recently used goes first; one that nobody asks is ended.
import { type Clock, ServerError, shuttingDown } from '../core/index.ts';
import type { Model } from '../models/index.ts';
import {
  type Answered,
  type LoadedWorker,
  type Supervisor,
  WorkerLost,
  type WorkerQuestion,
  WorkerTimeoutError,
} from '../workers/index.ts';
import { startIdleTimer } from './idle-timer.ts';

/** Limits are read at each use: they may change. */
export interface QuestionDeskOptions {
  readonly clock: Clock;
  readonly createSupervisor: (model: Model) => Supervisor;
  /** Workers that may be there at once. */
  readonly maxWorkers: number;
  readonly idleTimeoutMs: number;
}

interface Entry {
  readonly supervisor: Supervisor;
  asking: number;
  lastUsedMs: number;
  stopIdleTimer: () => void;
}

export type Told = Exclude<Answered, { type: 'error' }>;
export interface AskedBy {
  readonly signal: AbortSignal;
}

export class QuestionDesk {
  readonly #options: QuestionDeskOptions;
  readonly #entries = new Map<string, Entry>();
  #isOver = false;

  constructor(options: QuestionDeskOptions) {
    this.#options = options;
  }

  /**
   * The worker's answer, and what it said of itself when it was ready. A worker that is lost is asked again, once.
   *
   * @throws ServerError, or `signal.reason`
   */
  async ask(model: Model, question: WorkerQuestion, { signal }: AskedBy): Promise<Told & Pick<LoadedWorker, 'ready'>> {
    const entry = this.#entry(model);
    entry.asking += 1;
    entry.stopIdleTimer();
    try {
      return await this.#askOf(entry, question, signal).catch((error: unknown) => {
        if (!(error instanceof WorkerLost) || this.#isOver) throw error;
        return this.#askOf(entry, question, signal);
      });
    } catch (error) {
      throw presentable(error, model);
    } finally {
      entry.asking -= 1;
      entry.lastUsedMs = this.#options.clock.monotonicMs();
      this.#armIdleTimer(entry);
    }
  }

  /** Ends every worker and waits until all are gone. */
  async stopAll(graceMs?: number): Promise<void> {
    this.#isOver = true;
    const entries = [...this.#entries.values()];
    for (const { stopIdleTimer } of entries) stopIdleTimer();
    await Promise.all(entries.map(({ supervisor }) => supervisor.stop('server_exit', graceMs)));
  }

  async #askOf(
    entry: Entry,
    question: WorkerQuestion,
    signal: AbortSignal,
  ): Promise<Told & Pick<LoadedWorker, 'ready'>> {
    const { worker, ready } = await entry.supervisor.ensureReady(signal, 'request');
    const answered = await worker.ask(question, signal);
    if (answered.type !== 'error') return { ...answered, ready };
    const { code, message, param } = answered;
    throw new ServerError(code === 'load_failed' ? 'internal' : code, message, param === null ? {} : { param });
  }

  #entry(model: Model): Entry {
    if (this.#isOver) throw shuttingDown();
    const known = this.#entries.get(model.path);
    if (known !== undefined) return known;
    this.#makeRoom();
    const supervisor = this.#options.createSupervisor(model);
    const entry: Entry = { supervisor, asking: 0, lastUsedMs: 0, stopIdleTimer: () => {} };
    this.#entries.set(model.path, entry);
    return entry;
  }

  #makeRoom(): void {
    if (this.#entries.size < this.#options.maxWorkers) return;
    const idle = [...this.#entries].filter(([, { asking }]) => asking === 0);
    const [oldest] = idle.sort(([, one], [, other]) => one.lastUsedMs - other.lastUsedMs);
    if (oldest === undefined) {
      throw new ServerError('queue_full', 'The tokenizers of too many models are in use at once.');
    }
    const [path, { supervisor, stopIdleTimer }] = oldest;
    stopIdleTimer();
    this.#entries.delete(path);
    void supervisor.stop('evicted');
  }

  #armIdleTimer(entry: Entry): void {
    entry.stopIdleTimer();
    if (entry.asking > 0 || this.#isOver) return;
    const { clock, idleTimeoutMs } = this.#options;
    entry.stopIdleTimer = startIdleTimer(clock, entry.lastUsedMs + idleTimeoutMs, () => {
      if (entry.asking === 0) void entry.supervisor.stop('idle');
    });
  }
}

function presentable(error: unknown, { id }: Model): unknown {
  if (error instanceof WorkerTimeoutError) {
    return new ServerError('worker_timeout', `The tokenizer of ${id} made ${error.message}.`, { cause: error });
  }
  if (!(error instanceof WorkerLost)) return error;
  if (error.reason === 'server_exit') return shuttingDown();
  return new ServerError('worker_crashed', `The worker of ${id} crashed twice over this request.`, { cause: error });
}
