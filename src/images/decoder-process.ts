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

/** The one answer that is waited for. */
interface Replies {
  /** The next answer, within a time; silence loses the process. */
  next(timeoutMs: number, reason: 'start' | 'timeout'): Promise<Decoded>;
  /** False when nobody waits. */
  deliver(decoded: Decoded): boolean;
  /** Whoever waits, or will, hears of it; the first cause counts. */
  lose(error: DecoderLost): void;
}

function createReplies(kill: () => void): Replies {
  let waiting: { resolve: (decoded: Decoded) => void; reject: (error: DecoderLost) => void } | undefined;
  let loss: DecoderLost | undefined;
  const lose = (error: DecoderLost): void => {
    loss ??= error;
    kill();
    waiting?.reject(loss);
    waiting = undefined;
  };
  return {
    lose,
    next(timeoutMs, reason) {
      const timer = setTimeout(() => lose(new DecoderLost(reason, `silent for ${timeoutMs / 1000} s`)), timeoutMs);
      const reply = new Promise<Decoded>((resolve, reject) => {
        if (loss === undefined) waiting = { resolve, reject };
        else reject(loss);
      });
      return reply.finally(() => clearTimeout(timer));
    },
    deliver(decoded) {
      waiting?.resolve(decoded);
      const isWanted = waiting !== undefined;
      waiting = undefined;
      return isWanted;
    },
  };
}

export function startDecoder({ program, startTimeoutMs, decodeTimeoutMs }: DecoderProcessOptions): DecoderProcess {
  const child = spawn(process.execPath, ['--max-old-space-size=256', program], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment,
    detached: true, // The terminal's Ctrl-C is the server's business.
  });
  const replies = createReplies(() => child.kill('SIGKILL'));
  const crash = (how: string): void => replies.lose(new DecoderLost('crashed', how));
  let ready = false;
  let errors = '';

  child.stdin.on('error', () => {}); // Its exit tells.
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-keptErrorCharacters);
  });
  readFrames(child.stdout, {
    maxPayloadBytes: maxPixelBytes,
    onFrame: (head, pixels) => {
      const answer = parseAnswer(head, pixels);
      if (answer === undefined || !replies.deliver({ answer, pixels })) crash('it answered what makes no sense');
    },
    onBroken: ({ message }) => crash(message),
  });
  const exited = new Promise<void>((resolve) => {
    const onEnd = (how: string): void => {
      replies.lose(new DecoderLost(ready ? 'crashed' : 'start', `${how}: ${errors}`));
      resolve();
    };
    child.once('exit', (code, signal) => onEnd(`it ended with ${signal ?? `code ${code}`}`));
    child.once('error', ({ message }) => onEnd(message));
  });
  const started = replies.next(startTimeoutMs, 'start').then(() => {
    ready = true;
  });
  started.catch(() => {}); // Whoever asks for a decode hears of it.

  return {
    pid: child.pid ?? -1,
    exited,
    async decode(order, file) {
      await started;
      const reply = replies.next(decodeTimeoutMs, 'timeout');
      writeFrame(child.stdin, order, file);
      return reply;
    },
    end: () => crash('the server ended it'),
  };
}
