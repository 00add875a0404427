// One worker process from spawn to exit: its channel, the sequences in it, its end. The only place that spawns or kills
// workers. The first cause of its end wins; then every sequence hears of it exactly once.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock, PrefillProgress, TokenDelta, WorkerExitReason } from '../core/index.ts';
import {
  type FromWorker,
  type Generate,
  type Load,
  openServerChannel,
  protocolVersion,
  type ServerChannel,
} from '../ipc/index.ts';
import { drainLines } from './drain-lines.ts';
import type { EngineCommand } from './engine-command.ts';
import { killLadder, signalGroup } from './kill-ladder.ts';
import { OrderLine } from './order-line.ts';
import { type ProgressWatchdog, startProgressWatchdog } from './progress-watchdog.ts';
import { type SequenceSink, SequenceTable } from './sequence-table.ts';
import { WorkerCommunicationError, WorkerLost, WorkerTimeoutError } from './worker-lost.ts';

export type Ready = Extract<FromWorker, { type: 'ready' }>;

export interface WorkerExit {
  readonly reason: WorkerExitReason;
  readonly detail: string;
  /** By a signal that this server did not send, or without a word and with code 0, as workers end at SIGTERM. */
  readonly endedFromOutside?: boolean;
}

export interface WorkerProcessOptions {
  readonly engine: EngineCommand;
  readonly load: Omit<Load, 'type' | 'protocol'>;
  readonly requestTimeoutMs: number;
  readonly loadTimeoutMs: number;
  readonly clock: Clock;
  readonly onOutputLine: (line: string) => void;
  /** Awaited between spawn and the first frame: nothing is asked of a worker that is not on record. Must not reject. */
  readonly onSpawned: (pid: number) => Promise<void>;
}

/** Time for the last frames of a dead worker to arrive through its pipe. */
const lastWordsMs = 200;

export class WorkerProcess {
  readonly id: string;
  readonly pid: number;
  /** Resolves once the model is loaded; rejects with WorkerLost when the process ends before. */
  readonly ready: Promise<Ready>;
  /** Resolves at the end of the process; never rejects. */
  readonly exited: Promise<WorkerExit>;

  readonly #child: ChildProcess;
  readonly #channel: ServerChannel;
  readonly #sequences = new SequenceTable();
  readonly #orders = new OrderLine<Omit<Generate, 'type'>>((order) => this.#send(order));
  readonly #watchdog: ProgressWatchdog;
  #cause: WorkerExit | undefined;
  #loaded = false;
  #resolveReady: (ready: Ready) => void = () => {};

  constructor(options: WorkerProcessOptions) {
    const { engine, load } = options;
    this.id = load.workerId;
    this.#child = spawn(engine.command, [...engine.args], {
      env: { ...engine.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true, // Its own process group: the terminal's Ctrl-C is the server's business, and a group is killed whole.
    });
    this.pid = this.#child.pid ?? -1;
    this.#watchdog = startProgressWatchdog({
      clock: options.clock,
      timeoutMs: options.requestTimeoutMs,
      onSilent: (ids) => this.#killSilent(ids, options.requestTimeoutMs),
    });
    this.exited = this.#watchExit();
    drainLines(this.#child.stderr!, options.onOutputLine);
    this.#channel = openServerChannel({
      input: this.#child.stdout!,
      output: this.#child.stdin!,
      handlers: { onMessage: (message) => this.#route(message), onClose: (error) => this.#channelClosed(error) },
    });
    this.ready = this.#startLoad(options);
  }

  get running(): number {
    return this.#sequences.size;
  }

  get alive(): boolean {
    return this.#cause === undefined;
  }

  /** Starts a sequence. Its sink hears frames in order, then exactly one end, error or loss. */
  run(request: Omit<Generate, 'type'>, sink: SequenceSink): { cancel(): void } {
    if (this.#cause !== undefined) {
      queueMicrotask(() => sink.onLost(this.#lossOf(this.#cause!)));
      return { cancel: () => {} };
    }
    this.#sequences.add(request.id, sink);
    this.#orders.submit(request);
    return {
      cancel: () => {
        if (!this.#sequences.remove(request.id)) return;
        this.#watchdog.forget(request.id);
        if (this.#orders.remove(request.id)) this.#channel.send({ type: 'cancel', id: request.id });
      },
    };
  }

  #send(request: Omit<Generate, 'type'>): void {
    this.#watchdog.progress(request.id);
    this.#channel.send({ type: 'generate', ...request });
  }

  /** Ends the process in an orderly way: shutdown frame and SIGTERM, SIGKILL after `graceMs`. */
  stop(reason: WorkerExitReason, graceMs = 2000): Promise<WorkerExit> {
    this.#cause ??= { reason, detail: reason };
    this.#channel.send({ type: 'shutdown' });
    killLadder(this.pid, this.exited, graceMs);
    return this.exited;
  }

  /** Ends the process at once. */
  kill(reason: WorkerExitReason, detail: string): Promise<WorkerExit> {
    this.#cause ??= { reason, detail };
    signalGroup(this.pid, 'SIGKILL');
    return this.exited;
  }

  #startLoad(options: WorkerProcessOptions): Promise<Ready> {
    this.#child.once('spawn', () => {
      void options.onSpawned(this.pid).then(() => {
        if (this.alive) this.#channel.send({ type: 'load', protocol: protocolVersion, ...options.load });
      });
    });
    const timer = setTimeout(() => {
      void this.kill('start_failed', `the model was not loaded within ${options.loadTimeoutMs / 1000} s`);
    }, options.loadTimeoutMs);
    const ready = new Promise<Ready>((resolve, reject) => {
      this.#resolveReady = resolve;
      void this.exited.then((exit) => reject(this.#lossOf(exit)));
    });
    const clear = (): void => clearTimeout(timer);
    void ready.then(clear, clear);
    return ready;
  }

  #route(message: FromWorker): void {
    switch (message.type) {
      case 'step':
        for (const { id, ...delta } of message.deltas) this.#advance(id, { type: 'token-delta', ...delta });
        break;
      case 'prefill-progress': {
        const { id, ...progress } = message;
        this.#advance(id, progress);
        break;
      }
      case 'end':
        this.#finish(message.id, message);
        break;
      case 'error':
        if (message.id !== null) this.#finish(message.id, message);
        else void this.kill(message.code === 'load_failed' ? 'start_failed' : 'crashed', message.message);
        break;
      case 'ready':
        this.#becomeReady(message);
        break;
      case 'pong':
        break;
      default:
        message satisfies never;
    }
  }

  #becomeReady(ready: Ready): void {
    if (ready.protocol !== protocolVersion) {
      void this.kill('start_failed', `the worker speaks protocol ${ready.protocol}, not ${protocolVersion}`);
      return;
    }
    this.#loaded = true;
    this.#orders.capacity = ready.sequences;
    this.#resolveReady(ready);
  }

  #advance(id: string, event: PrefillProgress | TokenDelta): void {
    if (this.#sequences.deliver(id, event)) this.#watchdog.progress(id);
  }

  #finish(id: string, message: Extract<FromWorker, { type: 'end' | 'error' }>): void {
    this.#watchdog.forget(id);
    this.#orders.remove(id);
    if (message.type === 'end' && message.finishReason === 'cancelled' && this.#sequences.has(id)) this.#endedUnasked();
    else this.#sequences.finish(id, message);
  }

  /** An end that nobody here asked for: the worker is on its way out, or lies. The loss is told at its exit. */
  #endedUnasked(): void {
    if (this.alive) void this.kill('crashed', 'it ended an answer that nobody had cancelled');
  }

  #killSilent(ids: ReadonlySet<string>, timeoutMs: number): void {
    const text = `no progress within ${timeoutMs / 1000} s`;
    for (const id of ids) this.#sequences.lose(id, new WorkerTimeoutError(text));
    void this.kill('timeout', text);
  }

  #channelClosed(error: Error | null): void {
    if (error === null || this.#cause !== undefined) return;
    void this.kill('crashed', new WorkerCommunicationError(error.message).message);
  }

  /** Follows the process to its end; last frames that are still in the pipe are delivered first. */
  #watchExit(): Promise<WorkerExit> {
    const ended = new Promise<WorkerExit>((resolve) => {
      this.#child.once('error', (error) => resolve({ reason: 'start_failed', detail: error.message }));
      this.#child.once('exit', (code, signal) => {
        if (this.pid > 0) signalGroup(this.pid, 'SIGKILL'); // Grandchildren.
        const detail = signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
        const endedFromOutside = signal !== null || code === 0;
        const exit: WorkerExit = { reason: this.#loaded ? 'crashed' : 'start_failed', detail, endedFromOutside };
        const timer = setTimeout(() => resolve(exit), lastWordsMs);
        this.#child.once('close', () => {
          clearTimeout(timer);
          resolve(exit);
        });
      });
    });
    return ended.then((exit) => {
      this.#cause ??= exit;
      this.#watchdog.stop();
      this.#channel.close();
      this.#sequences.loseAll(this.#lossOf(this.#cause));
      return this.#cause;
    });
  }

  #lossOf(exit: WorkerExit): WorkerLost {
    return new WorkerLost(exit.reason, exit.detail);
  }
}

export type { SequenceSink } from './sequence-table.ts';
