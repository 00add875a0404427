// One worker process from spawn to exit: its channel, the sequences in it, its end. The only place that spawns or kills
// workers. The first cause of its end wins; then every sequence hears of it exactly once.
import type { ChildProcess } from 'node:child_process';
import type { WorkerExitReason } from '../core/index.ts';
import {
  type FromWorker,
  openServerChannel,
  ProtocolError,
  protocolVersion,
  type Question,
  type ServerChannel,
  type ToWorker,
  WorkerCommunicationError,
} from '../ipc/index.ts';
import { awaitReady, type Ready } from './await-ready.ts';
import { drainLines } from './drain-lines.ts';
import { killLadder, signalGroup } from './kill-ladder.ts';
import { type ProgressWatchdog, startProgressWatchdog } from './progress-watchdog.ts';
import type { Answered } from './question-table.ts';
import type { SequenceEvent, SequenceSink } from './sequence-table.ts';
import { endOf, spawnWorker } from './spawn-worker.ts';
import { type WorkerExit, WorkerLost, WorkerTimeoutError } from './worker-lost.ts';
import type { WorkerProcessOptions } from './worker-process-options.ts';
import { createWorkerQuestions, type WorkerQuestions } from './worker-questions.ts';
import { createWorkerSequences, type Order, type SequenceRun, type WorkerSequences } from './worker-sequences.ts';
import { tuningFields } from './worker-tuning.ts';

/** Time between the end of a worker's output and its exit; a process that writes a core file takes some. */
const exitFollowsMs = 1000;

export class WorkerProcess {
  readonly id: string;
  readonly pid: number;
  /** Resolves once the model is loaded; rejects with WorkerLost when the process ends before. */
  readonly ready: Promise<Ready>;
  /** Resolves at the end of the process; never rejects. */
  readonly exited: Promise<WorkerExit>;

  readonly #child: ChildProcess;
  readonly #channel: ServerChannel;
  readonly #sequences: WorkerSequences;
  readonly #questions: WorkerQuestions;
  readonly #watchdog: ProgressWatchdog;
  #cause: WorkerExit | undefined;
  #achieved: 'nothing' | 'load' | 'answer' = 'nothing';
  readonly #resolveReady: (ready: Ready) => void;

  constructor(options: WorkerProcessOptions) {
    const { engine, load } = options;
    this.id = load.workerId;
    const { child, stdin, stdout, stderr } = spawnWorker(engine);
    this.#child = child;
    this.pid = this.#child.pid ?? -1;
    this.#watchdog = startProgressWatchdog({
      clock: options.clock,
      timeoutMs: options.requestTimeoutMs,
      onSilent: (ids) => this.#killSilent(ids, options.requestTimeoutMs),
    });
    const send = (message: ToWorker): boolean => this.#channel.send(message);
    this.#sequences = createWorkerSequences(send, this.#watchdog);
    this.#questions = createWorkerQuestions(send, this.#watchdog);
    this.exited = this.#watchExit();
    drainLines(stderr, options.onOutputLine);
    this.#channel = openServerChannel({
      input: stdout,
      output: stdin,
      handlers: {
        onMessage: (message) => this.#route(message),
        onClose: (error) => this.#channelClosed(error),
        onBlockFailure: options.onBlockFailure,
      },
    });
    const { ready, resolve } = awaitReady({
      clock: options.clock,
      timeoutMs: options.loadTimeoutMs,
      exited: this.exited,
      onLate: (detail) => void this.kill('start_failed', detail),
    });
    this.ready = ready;
    this.#resolveReady = resolve;
    child.once('spawn', () => {
      this.#sendLoad(options).catch((error: Error) => this.kill('start_failed', error.message));
    });
  }

  get running(): number {
    return this.#sequences.size + this.#questions.size;
  }

  /** Whether it may be given work: from its exit on nobody is, though its end is told only after its last words. */
  get alive(): boolean {
    return this.#cause === undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether it got as far as a model in memory, and as far as a token or an end of some sequence. */
  get achieved(): 'nothing' | 'load' | 'answer' {
    return this.#achieved;
  }

  get #lossReason(): 'crashed' | 'start_failed' {
    return this.#achieved === 'nothing' ? 'start_failed' : 'crashed';
  }

  /** Starts a sequence. Its sink hears frames in order, then exactly one end, error or loss. */
  run(order: Order, sink: SequenceSink): SequenceRun {
    if (this.#cause === undefined) return this.#sequences.run(order, sink);
    const exit = this.#cause;
    queueMicrotask(() => sink.onLost(new WorkerLost(exit)));
    return { cancel: () => {}, pause: () => {}, continue: () => {} };
  }

  /** Asks what is answered with one frame. Rejects with WorkerLost, WorkerTimeoutError, or `signal.reason`. */
  async ask(question: Question, signal: AbortSignal): Promise<Answered> {
    signal.throwIfAborted();
    if (this.#cause !== undefined) throw new WorkerLost(this.#cause);
    return this.#questions.ask(question, signal);
  }

  /** Ends the process in an orderly way: shutdown frame and SIGTERM, SIGKILL after `graceMs`. */
  stop(reason: WorkerExitReason, graceMs = 2000): Promise<WorkerExit> {
    this.#cause ??= { reason, detail: reason };
    this.#channel.send({ type: 'shutdown' });
    killLadder(this.pid, this.exited, graceMs);
    return this.exited;
  }

  /** Ends the process at once. Until it is loaded, a crash is a failed start. */
  kill(reason: WorkerExitReason, detail: string): Promise<WorkerExit> {
    return this.#end({ reason: reason === 'crashed' ? this.#lossReason : reason, detail });
  }

  #end(exit: WorkerExit): Promise<WorkerExit> {
    this.#cause ??= exit;
    signalGroup(this.pid, 'SIGKILL');
    return this.exited;
  }

  async #sendLoad({ load, tuning, onSpawned, blockNames }: WorkerProcessOptions): Promise<void> {
    await onSpawned(this.pid);
    const tuned = await tuningFields(tuning);
    if (!this.alive) return;
    this.#channel.useBlocks(blockNames);
    this.#channel.send({ type: 'load', protocol: protocolVersion, ...load, ...tuned });
  }

  #route(message: FromWorker): void {
    switch (message.type) {
      case 'step':
        for (const { id, ...delta } of message.deltas) this.#advance(id, { type: 'token-delta', ...delta });
        break;
      case 'prompt-logprobs':
      case 'prefill-progress': {
        const { id, ...progress } = message;
        this.#advance(id, progress);
        break;
      }
      case 'end':
        this.#finish(message.id, message);
        break;
      case 'tokens':
      case 'text':
      case 'embeddings':
        this.#answer(message.id, message);
        break;
      case 'error':
        if (message.id !== null && this.#answer(message.id, message)) break;
        if (message.id !== null) this.#finish(message.id, message);
        else void this.kill('crashed', message.message);
        break;
      case 'ready':
        this.#becomeReady(message);
        break;
      case 'paused':
        if (this.#sequences.paused(message.id) === 'unasked') this.#unasked('it paused an answer that was to go on');
        break;
      case 'pong':
        break;
      default:
        message satisfies never;
    }
  }

  #becomeReady(ready: Ready): void {
    if (ready.protocol !== protocolVersion) {
      void this.kill('crashed', `the worker speaks protocol ${ready.protocol}, not ${protocolVersion}`);
      return;
    }
    if (this.#achieved === 'nothing') this.#achieved = 'load';
    this.#sequences.setCapacity(ready.sequences);
    this.#resolveReady(ready);
  }

  #answer(id: string, answered: Answered): boolean {
    if (!this.#questions.settle(id, answered)) return false;
    this.#achieved = 'answer';
    return true;
  }

  #advance(id: string, event: SequenceEvent): void {
    if (this.#sequences.advance(id, event) === 'taken' && event.type === 'token-delta') this.#achieved = 'answer';
  }

  #finish(id: string, message: Extract<FromWorker, { type: 'end' | 'error' }>): void {
    const verdict = this.#sequences.finish(id, message);
    if (verdict === 'unasked') this.#unasked('it ended an answer that nobody had cancelled');
    else if (verdict === 'taken') this.#achieved = 'answer';
  }

  /** It does what nobody here asked for: it is on its way out, or lies. The loss is told at its exit. */
  #unasked(detail: string): void {
    if (this.alive) void this.kill('crashed', detail);
  }

  #killSilent(ids: ReadonlySet<string>, timeoutMs: number): void {
    const text = `no progress within ${timeoutMs / 1000} s`;
    for (const id of ids) {
      this.#sequences.lose(id, new WorkerTimeoutError(text));
      this.#questions.lose(id, new WorkerTimeoutError(text));
    }
    void this.kill('timeout', text);
  }

  /**
   * Garbage costs the worker at once. A pipe that ends or breaks is mostly its exit, which tells more and should follow; a
   * worker that lives on is mute.
   */
  #channelClosed(error: Error | null): void {
    if (this.#cause !== undefined) return;
    const cause = new WorkerCommunicationError(error?.message ?? 'it closed its standard output');
    const end = (): void => void this.#end({ reason: this.#lossReason, detail: cause.message, cause });
    if (error instanceof ProtocolError) end();
    const timer = setTimeout(end, exitFollowsMs);
    void this.exited.then(() => clearTimeout(timer));
  }

  /** Follows the process to its end; last frames that are still in the pipe are delivered first. */
  #watchExit(): Promise<WorkerExit> {
    return endOf(this.#child).then((end) => {
      this.#cause ??= { reason: this.#lossReason, ...end };
      this.#watchdog.stop();
      this.#channel.close();
      this.#sequences.loseAll(new WorkerLost(this.#cause));
      this.#questions.loseAll(new WorkerLost(this.#cause));
      return this.#cause;
    });
  }
}
