// The llama worker's process: pipes, signals, and the way from frames to the engine. Holds no policy.
import { systemClock } from '../core/index.ts';
import {
  type FromWorker,
  type Load,
  openWorkerChannel,
  ProtocolError,
  protocolVersion,
  type Question,
} from '../ipc/index.ts';
import { answerQuestion } from './answer-question.ts';
import { dieWithParent } from './die-with-parent.ts';
import { Engine } from './engine.ts';
import { loadFailure } from './load-failure.ts';
import { endAtOnce, endWithStatus } from './process-end.ts';
import { refuseTuning } from './refuse-tuning.ts';
import { takeStandardOutput } from './standard-streams.ts';

dieWithParent();
const output = takeStandardOutput();
// A log that nobody reads any more is no reason to die; the pipes of frames say when the server is gone.
process.stderr.on('error', () => {});
const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

let engine: Engine | null = null;
let answer: ((question: Question) => FromWorker | Promise<FromWorker>) | null = null;
/** Questions are answered one after another. */
let answered: Promise<void> = Promise.resolve();
let loading = false;

const channel = openWorkerChannel({
  input: process.stdin,
  output,
  handlers: {
    onMessage: (message) => {
      switch (message.type) {
        case 'tokenize':
        case 'detokenize':
        case 'embed':
          if (answer === null) throw new ProtocolError(`${message.type} before ready, or to a worker that generates`);
          answerInTurn(answer, message);
          break;
        case 'load':
          if (loading) throw new ProtocolError('a second load');
          loading = true;
          void load(message);
          break;
        case 'generate':
          if (engine === null) throw new ProtocolError('generate before ready');
          engine.submit(message);
          break;
        case 'cancel':
          engine?.cancel(message.id);
          break;
        case 'pause':
          engine?.pause(message.id);
          break;
        case 'continue':
          engine?.continue(message.id);
          break;
        case 'ping':
          send({ type: 'pong', nonce: message.nonce });
          break;
        case 'shutdown':
          void shutDown();
          break;
        default:
          message satisfies never;
      }
    },
    onClose: (error) => {
      if (error === null) endAtOnce();
      log(`protocol error: ${error?.message}`);
      endWithStatus(1);
    },
  },
});

const outbox: FromWorker[] = [];

/** Frames leave once the engine has begun its next decode: a write wakes the server, and that takes its time. */
function send(frame: FromWorker): void {
  if (outbox.push(frame) === 1) setImmediate(writeOutbox);
}

function writeOutbox(): void {
  output.cork();
  for (const frame of outbox.splice(0)) channel.send(frame);
  output.uncork();
}

/** Resolves when everything sent so far is in the pipe. */
function flushed(): Promise<void> {
  writeOutbox();
  return new Promise((resolve) => output.write('', () => resolve()));
}

async function load(message: Load): Promise<void> {
  process.title = `mlx-server-v3-${message.workerId}`;
  try {
    if (message.protocol !== protocolVersion) throw new Error(`this worker speaks protocol ${protocolVersion}`);
    refuseTuning(message);
    if (message.purpose === 'tokenize') await loadForQuestions(message);
    else if (message.purpose === 'embed') await loadForEmbeddings(message);
    else await loadForAnswers(message);
  } catch (error) {
    log(`load failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    send(await loadFailure(error, message.path));
    await flushed();
    endWithStatus(1);
  }
}

async function loadForAnswers(message: Load): Promise<void> {
  const { loadModel } = await import('./load-model.ts');
  const model = await loadModel({ load: message, log });
  engine = new Engine({ model, send, log, clock: systemClock });
  send(model.ready);
}

async function loadForQuestions(message: Load): Promise<void> {
  const { loadTokenizer } = await import('./load-tokenizer.ts');
  const loaded = await loadTokenizer({ load: message, log });
  answer = (question) => answerQuestion(loaded, question);
  send(loaded.ready);
}

async function loadForEmbeddings(message: Load): Promise<void> {
  const { loadEmbedder } = await import('./load-embedder.ts');
  const loaded = await loadEmbedder({ load: message, log });
  answer = loaded.answer;
  send(loaded.ready);
}

function answerInTurn(how: NonNullable<typeof answer>, question: Question): void {
  answered = answered.then(async () => send(await how(question))).catch(giveUp);
}

/** A fault of ours: the server hears of it, and everything that runs here goes on in another worker. */
async function giveUp(error: unknown): Promise<void> {
  log(`fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  send({ type: 'error', id: null, code: 'internal', message: 'The worker has failed.', param: null });
  await flushed();
  endWithStatus(1);
}

async function shutDown(): Promise<void> {
  await engine?.stop();
  await flushed();
  endWithStatus(0);
}

process.on('SIGINT', () => {
  // A terminal's Ctrl-C reaches the whole process group; the server decides what becomes of its workers.
});
process.on('SIGTERM', () => endWithStatus(0));
process.on('uncaughtException', (error) => void giveUp(error));
