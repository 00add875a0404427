// A test's end of a worker's pipes: starts any worker program, sends frames, collects what comes back per request.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  type FromWorker,
  type Generate,
  type Load,
  openServerChannel,
  protocolVersion,
  type ServerChannel,
} from '../../src/ipc/index.ts';
import { greedy } from '../fixtures/greedy.ts';

export interface WorkerProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly modelPath: string;
}

export type { Generate };
export type Ready = Extract<FromWorker, { type: 'ready' }>;
export type End = Extract<FromWorker, { type: 'end' }>;
export type Failure = Extract<FromWorker, { type: 'error' }>;
type Step = Extract<FromWorker, { type: 'step' }>;
export type Progress = Extract<FromWorker, { type: 'prefill-progress' }>;

/** Everything that came back for one request, in order. */
export interface Answer {
  readonly id: string;
  readonly frames: readonly FromWorker[];
  readonly progress: readonly Progress[];
  readonly text: string;
  readonly tokenIds: readonly number[];
  readonly logprobs: readonly NonNullable<Step['deltas'][number]['logprobs']>[number][];
  /** The last frame. */
  readonly end: End | Failure;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const idsOf = (frame: FromWorker): string[] => {
  if (frame.type === 'step') return frame.deltas.map(({ id }) => id);
  return 'id' in frame && frame.id !== null ? [frame.id] : [];
};

const isLoadAnswer = (frame: FromWorker): frame is Ready | Failure =>
  frame.type === 'ready' || (frame.type === 'error' && frame.id === null);

const closes = (frame: FromWorker, id: string): frame is End | Failure =>
  (frame.type === 'end' || frame.type === 'error') && frame.id === id;

function toAnswer(id: string, frames: readonly FromWorker[], end: End | Failure): Answer {
  const deltas = frames
    .flatMap((frame) => (frame.type === 'step' ? frame.deltas : []))
    .filter((delta) => delta.id === id);
  return {
    id,
    frames,
    progress: frames.filter((frame) => frame.type === 'prefill-progress'),
    text: deltas.map(({ text }) => text).join(''),
    tokenIds: deltas.flatMap(({ tokenIds }) => tokenIds),
    logprobs: deltas.flatMap(({ logprobs }) => logprobs ?? []),
    end,
  };
}

export type Request = Partial<Omit<Generate, 'type' | 'sampling'>> & {
  readonly input: Generate['input'];
  readonly sampling?: Partial<Generate['sampling']>;
};

export class WorkerClient {
  readonly process: ChildProcess;
  readonly channel: ServerChannel;
  /** Every frame in order of arrival, with the time it came at in ms. */
  readonly frames: { readonly frame: FromWorker; readonly atMs: number }[] = [];
  readonly exited: Promise<ExitStatus>;
  readonly blockFailures: string[] = [];
  stderr = '';
  #closed = false;
  readonly #watchers = new Set<() => void>();
  #requests = 0;

  constructor({ command, args, env }: WorkerProgram) {
    this.process = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.exited = once(this.process, 'exit').then(([code, signal]) => {
      this.#closed = true;
      this.#notify();
      return { code, signal } as ExitStatus;
    });
    const { stdin, stdout, stderr } = this.process;
    if (!stdin || !stdout || !stderr) throw new Error('the worker has no pipes');
    stderr.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString('utf8')).slice(-20_000);
    });
    this.channel = openServerChannel({
      input: stdout,
      output: stdin,
      handlers: {
        onMessage: (frame) => {
          this.frames.push({ frame, atMs: performance.now() });
          this.#notify();
        },
        onClose: () => {
          this.#closed = true;
          this.#notify();
        },
        onBlockFailure: ({ message }) => void this.blockFailures.push(message),
      },
    });
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** The first value that `look` finds in the frames so far or to come. Fails when the worker ends or time is up. */
  async until<T>(look: () => T | undefined, what: string, timeoutMs = 120_000): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      const stop = (): void => {
        this.#watchers.delete(check);
        clearTimeout(timer);
      };
      const check = (): void => {
        const found = look();
        if (found !== undefined) {
          stop();
          resolve(found);
        } else if (this.#closed) {
          stop();
          reject(new Error(`the worker ended before ${what}\n${this.stderr}`));
        }
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no ${what} within ${timeoutMs} ms\n${this.stderr}`));
      }, timeoutMs);
      this.#watchers.add(check);
      check();
    });
  }

  async load(options: Partial<Load> & { readonly path: string }): Promise<Ready | Failure> {
    this.channel.send({
      type: 'load',
      protocol: protocolVersion,
      workerId: 'test',
      model: 'starter/test',
      contextLength: 2048,
      maxBatch: 8,
      promptCacheBytes: 1 << 30,
      decodeStallTargetMs: null,
      ...options,
    });
    return await this.until(() => this.frames.map(({ frame }) => frame).find(isLoadAnswer), 'ready');
  }

  /** Sends a greedy request of 32 tokens, or what `request` says instead. */
  start({ input, sampling, ...rest }: Request): string {
    this.#requests += 1;
    const id = rest.id ?? `request-${this.#requests}`;
    this.channel.send({
      type: 'generate',
      stop: [],
      maxTokens: 32,
      topLogprobs: null,
      constraint: null,
      resume: [],
      ...rest,
      id,
      input,
      sampling: { ...greedy, ...sampling },
    });
    return id;
  }

  framesOf(id: string): FromWorker[] {
    return this.frames.map(({ frame }) => frame).filter((frame) => idsOf(frame).includes(id));
  }

  /** Waits for the request's last frame. */
  async answer(id: string): Promise<Answer> {
    const end = await this.until(
      () => this.framesOf(id).find((frame): frame is End | Failure => closes(frame, id)),
      `end of ${id}`,
    );
    return toAnswer(id, this.framesOf(id), end);
  }

  async ask(request: Request): Promise<Answer> {
    return await this.answer(this.start(request));
  }

  async ping(nonce: number): Promise<number> {
    const beganMs = performance.now();
    this.channel.send({ type: 'ping', nonce });
    await this.until(
      () => this.frames.find(({ frame }) => frame.type === 'pong' && frame.nonce === nonce),
      `pong ${nonce}`,
    );
    return performance.now() - beganMs;
  }

  /** How the worker ended, or null when it has not within the time. */
  async exitWithin(timeoutMs: number): Promise<ExitStatus | null> {
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), timeoutMs).unref());
    return await Promise.race([this.exited, late]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }
}
