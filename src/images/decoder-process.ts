// One decode process from spawn to exit. It has one file at a time; a file that kills it, or takes too long, loses it.
import { spawn } from 'node:child_process';
import { parseAnswer } from './decode-answer.ts';
import { type DecodeAnswer, type DecodeOrder, readFrames, writeFrame } from './decode-frame.ts';
import { maxPixelBytes } from './limits.ts';

export interface DecoderProcessOptions {
  /** The program, as JavaScript. */
  readonly program: string;
  /** From spawn until it can take a file. */
  readonly startTimeoutMs: number;
  /** For one file. */
  readonly decodeTimeoutMs: number;
}

/** The process ended before it had answered. */
export class DecoderLost extends Error {
  override name = 'DecoderLost';
  readonly reason: 'start' | 'crashed' | 'timeout';

  constructor(reason: DecoderLost['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface Decoded {
  readonly answer: DecodeAnswer;
  readonly pixels: Buffer;
}

export interface DecoderProcess {
  readonly pid: number;
  readonly exited: Promise<void>;
  /** Rejects with DecoderLost. One at a time. */
  decode(order: DecodeOrder, file: Uint8Array): Promise<Decoded>;
  /** Kills it: it has nothing to put in order. */
  end(): void;
}

const keptErrorCharacters = 2000;

/** No secret of the server's, no thread more than it needs, little memory kept after a large image. */
const environment = { UV_THREADPOOL_SIZE: '2', MALLOC_ARENA_MAX: '2' };

export function startDecoder({ program, startTimeoutMs, decodeTimeoutMs }: DecoderProcessOptions): DecoderProcess {
  const child = spawn(process.execPath, ['--max-old-space-size=256', program], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment,
    detached: true, // The terminal's Ctrl-C is the server's business.
  });
  let waiting: { resolve: (decoded: Decoded) => void; reject: (error: DecoderLost) => void } | undefined;
  let loss: DecoderLost | undefined;
  let errors = '';
  let ready = false;

  const lose = (error: DecoderLost): void => {
    loss ??= error;
    child.kill('SIGKILL');
    waiting?.reject(loss);
    waiting = undefined;
  };
  /** The next frame, within a time. */
  const nextFrame = (timeoutMs: number, reason: 'start' | 'timeout'): Promise<Decoded> => {
    const timer = setTimeout(() => lose(new DecoderLost(reason, `silent for ${timeoutMs / 1000} s`)), timeoutMs);
    const frame = new Promise<Decoded>((resolve, reject) => {
      if (loss === undefined) waiting = { resolve, reject };
      else reject(loss);
    });
    return frame.finally(() => clearTimeout(timer));
  };

  const exited = new Promise<void>((resolve) => {
    const onEnd = (how: string) => (): void => {
      lose(new DecoderLost(ready ? 'crashed' : 'start', `${how}: ${errors}`));
      resolve();
    };
    child.once('exit', (code, signal) => onEnd(`ended with ${signal ?? `code ${code}`}`)());
    child.once('error', ({ message }) => onEnd(message)());
  });
  child.stdin.on('error', () => {}); // Its exit tells.
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-keptErrorCharacters);
  });
  readFrames(child.stdout, {
    maxPayloadBytes: maxPixelBytes,
    onFrame: (head, pixels) => {
      const answer = parseAnswer(head, pixels);
      if (answer === undefined || waiting === undefined) {
        lose(new DecoderLost('crashed', 'an answer that makes no sense'));
        return;
      }
      waiting.resolve({ answer, pixels });
      waiting = undefined;
    },
    onBroken: ({ message }) => lose(new DecoderLost('crashed', message)),
  });
  const started = nextFrame(startTimeoutMs, 'start').then(() => {
    ready = true;
  });
  started.catch(() => {}); // Whoever asks for a decode hears of it.

  return {
    pid: child.pid ?? -1,
    exited,
    async decode(order, file) {
      await started;
      const frame = nextFrame(decodeTimeoutMs, 'timeout');
      writeFrame(child.stdin, order, file);
      return frame;
    },
    end: () => lose(new DecoderLost('crashed', 'ended by the server')),
  };
}
