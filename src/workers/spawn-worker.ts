// Starts a worker's program with its three pipes. A start that fails is an `error` event, whatever the cause: out of
// descriptors, processes or memory, Node throws, or hands back a child without pipes.
import { ChildProcess, spawn } from 'node:child_process';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { getSystemErrorMap } from 'node:util';
import type { EngineCommand } from './engine-command.ts';
import { signalGroup } from './kill-ladder.ts';
import type { WorkerExit } from './worker-lost.ts';

/** Time for the last frames of a dead worker to arrive through its pipe. */
const lastWordsMs = 200;

export interface SpawnedWorker {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export function spawnWorker(engine: EngineCommand): SpawnedWorker {
  const child = start(engine);
  const { stdin, stdout, stderr } = child;
  return {
    child,
    stdin: stdin ?? new PassThrough(),
    stdout: stdout ?? new PassThrough(),
    stderr: stderr ?? new PassThrough(),
  };
}

function start({ command, args, env }: EngineCommand): ChildProcess {
  try {
    return spawn(command, [...args], {
      env: { ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true, // Its own process group: the terminal's Ctrl-C is the server's business, and a group is killed whole.
    });
  } catch (error) {
    const child = new ChildProcess();
    process.nextTick(() => child.emit('error', error));
    return child;
  }
}

/** Resolves with how the process ended, once its last frames are through; what it left behind is killed. */
export function endOf(child: ChildProcess): Promise<Omit<WorkerExit, 'reason'>> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ detail: spawnFailure(error) }));
    child.once('exit', (code, signal) => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL'); // Grandchildren.
      const detail = signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`;
      const end = { detail, endedFromOutside: signal !== null || code === 0 };
      const timer = setTimeout(() => resolve(end), lastWordsMs);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(end);
      });
    });
  });
}

/** Why a program did not start, for a client to read: Node's own words name a path of this machine. */
export function spawnFailure({ code, errno }: NodeJS.ErrnoException): string {
  const meaning = getSystemErrorMap().get(errno ?? 0)?.[1];
  return `its worker could not be started (${code ?? 'unknown'}${meaning === undefined ? '' : `: ${meaning}`})`;
}
