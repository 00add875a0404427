// Typed frames over two byte streams. The same class serves both ends: the parser says which direction comes in.
import type { Readable, Writable } from 'node:stream';
import { encodeFrame, FrameReader } from './frame.ts';
import { type FromWorker, ProtocolError, parseFromWorker, parseToWorker, type ToWorker } from './message.ts';

export interface ChannelHandlers<In> {
  readonly onMessage: (message: In) => void;
  /** Called at most once: a broken frame, a stream error, or the end of input. Nothing is delivered afterwards. */
  readonly onClose: (error: Error | null) => void;
}

export class Channel<Out, In> {
  readonly #output: Writable;
  readonly #checkOut: (value: unknown) => Out;
  #closed = false;
  #finish: (error: Error | null) => void = () => {};

  constructor(options: {
    readonly input: Readable;
    readonly output: Writable;
    readonly parseIn: (value: unknown) => In;
    readonly checkOut: (value: unknown) => Out;
    readonly handlers: ChannelHandlers<In>;
  }) {
    const { input, output, parseIn, handlers } = options;
    this.#output = output;
    this.#checkOut = options.checkOut;
    const reader = new FrameReader();
    this.#finish = (error) => {
      if (this.#closed) return;
      this.#closed = true;
      handlers.onClose(error);
    };
    input.on('data', (chunk: Buffer) => {
      if (this.#closed) return;
      try {
        for (const value of reader.push(chunk)) {
          handlers.onMessage(parseIn(value));
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
    this.#output.write(encodeFrame(this.#checkOut(message)));
    return true;
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
}

/** The server's end of a worker's pipes. */
export const openServerChannel = (ends: Ends<FromWorker>): ServerChannel =>
  new Channel({ ...ends, parseIn: parseFromWorker, checkOut: parseToWorker });

/** The worker's end of its own pipes. */
export const openWorkerChannel = (ends: Ends<ToWorker>): WorkerChannel =>
  new Channel({ ...ends, parseIn: parseToWorker, checkOut: parseFromWorker });
