// Typed frames over two byte streams. The same class serves both ends: the parser says which direction comes in.
import type { Readable, Writable } from 'node:stream';
import { type BlockFrame, readBlockFrame } from './block-frame.ts';
import { BlockLane } from './block-lane.ts';
import { decodeBody, encodeBody } from './body.ts';
import type { WorkerCommunicationError } from './communication-error.ts';
import { encodeFrame, FrameReader, frameOf } from './frame.ts';
import { type FromWorker, parseFromWorker, parseToWorker, type ToWorker } from './message.ts';
import { ProtocolError } from './protocol-error.ts';
import type { SharedMemory } from './shared-memory.ts';

export interface ChannelHandlers<In> {
  readonly onMessage: (message: In) => void;
  /** Called at most once: a broken frame, a stream error, or the end of input. Nothing is delivered afterwards. */
  readonly onClose: (error: Error | null) => void;
  /** The first time that a shared block could not be made or read; its bytes go through the pipe. */
  readonly onBlockFailure?: (error: WorkerCommunicationError) => void;
}

export class Channel<Out, In> {
  readonly #output: Writable;
  readonly #checkOut: (value: unknown) => Out;
  readonly #lane: BlockLane;
  readonly #deliver: (value: unknown) => void;
  #waiting: unknown[] = [];
  #closed = false;
  #finish: (error: Error | null) => void = () => {};

  constructor(options: {
    readonly input: Readable;
    readonly output: Writable;
    readonly parseIn: (value: unknown) => In;
    readonly checkOut: (value: unknown) => Out;
    readonly handlers: ChannelHandlers<In>;
    readonly openMemory?: (() => SharedMemory) | undefined;
  }) {
    const { input, output, parseIn, handlers } = options;
    this.#output = output;
    this.#checkOut = options.checkOut;
    const reader = new FrameReader();
    this.#deliver = (value) => handlers.onMessage(parseIn(value));
    this.#lane = new BlockLane({
      write: (frame) => this.#write(encodeFrame(frame)),
      deliver: (body) => this.#deliver(decodeBody(body)),
      onFailure: (error) => handlers.onBlockFailure?.(error),
      openMemory: options.openMemory,
    });
    this.#finish = (error) => {
      if (this.#closed) return;
      this.#closed = true;
      this.#lane.close();
      handlers.onClose(error);
    };
    input.on('data', (chunk: Buffer) => {
      if (this.#closed) return;
      try {
        for (const value of reader.push(chunk)) {
          this.#receive(value);
          if (this.#closed) return;
        }
      } catch (error) {
        this.#finish(error instanceof Error ? error : new ProtocolError(String(error)));
      }
    });
    input.on('end', () => {
      this.#finish(reader.atBoundary ? null : new ProtocolError('the stream ended inside a frame'));
    });
    input.on('error', (error) => this.#finish(error));
    output.on('error', (error) => this.#finish(error));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Sends one message; false when the channel is closed. @throws ProtocolError for a malformed message. */
  send(message: Out): boolean {
    if (this.#closed || !this.#output.writable) return false;
    const body = encodeBody(this.#checkOut(message));
    if (!this.#lane.offer(body)) this.#write(frameOf(body));
    return true;
  }

  /** Lets both ends send bulk bytes by shared block: this one under `own` names, the other one under `granted`. */
  useBlocks({ own, granted }: { readonly own: readonly string[]; readonly granted: readonly string[] }): void {
    this.#lane.use(own);
    this.#write(encodeFrame({ type: 'block-names', names: [...granted] } satisfies BlockFrame));
  }

  /** Messages in the order in which they were sent: those behind a refused block wait for its bytes. */
  #receive(value: unknown): void {
    const frame = readBlockFrame(value);
    const isMessage = frame === undefined || frame.type === 'block';
    if (isMessage && this.#lane.holding) {
      this.#waiting.push(value);
      return;
    }
    if (frame === undefined) this.#deliver(value);
    else this.#lane.receive(frame);
    while (this.#waiting.length > 0 && !this.#lane.holding && !this.#closed) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const one of waiting) this.#receive(one);
    }
  }

  #write(frame: Buffer): void {
    if (!this.#closed && this.#output.writable) this.#output.write(frame);
  }

  /** Stops delivering; the streams themselves belong to whoever made them. */
  close(): void {
    this.#finish(null);
  }
}

export type ServerChannel = Channel<ToWorker, FromWorker>;
export type WorkerChannel = Channel<FromWorker, ToWorker>;

interface Ends<In> {
  readonly input: Readable;
  readonly output: Writable;
  readonly handlers: ChannelHandlers<In>;
  /** How to come by shared memory; the system's, unless a test says otherwise. */
  readonly openMemory?: (() => SharedMemory) | undefined;
}

/** The server's end of a worker's pipes. */
export const openServerChannel = (ends: Ends<FromWorker>): ServerChannel =>
  new Channel({ ...ends, parseIn: parseFromWorker, checkOut: parseToWorker });

/** The worker's end of its own pipes. */
export const openWorkerChannel = (ends: Ends<ToWorker>): WorkerChannel =>
  new Channel({ ...ends, parseIn: parseToWorker, checkOut: parseFromWorker });
