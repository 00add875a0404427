// The process behind `daemon start`: runs `serve`, and runs it again when it crashed. Ends with it when it ended on purpose.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config/index.ts';
import { daemonFiles, forgetKeeper, recordKeeper } from './files.ts';

const firstDelayMs = 1000;
const maxDelayMs = 30_000;
/** A server that ran this long had started well: its end is no start that failed. */
const startedWellMs = 60_000;

/** `serveLine`: the command line of the server. Resolves with the exit code. */
export async function keep(config: Config, serveLine: readonly [string, ...string[]]): Promise<number> {
  const files = daemonFiles(config);
  await recordKeeper(files);
  const asked = new AbortController();
  let child: ChildProcess | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    asked.abort();
    child?.kill(signal);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => child?.kill('SIGHUP'));
  try {
    for (let delayMs = firstDelayMs; ; ) {
      const startedMs = performance.now();
      const [command, ...args] = serveLine;
      child = spawn(command, args, {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'], // Closes when this process is killed: the server ends then.
        env: { ...process.env, MLX_LOG_DIR: files.logDir },
      });
      const [code] = (await once(child, 'exit')) as [number | null];
      if (asked.signal.aborted || code === 0 || code === 2) return code ?? 0; // 2: a configuration that cannot be used.
      if (performance.now() - startedMs > startedWellMs) delayMs = firstDelayMs;
      process.stderr.write(`The server ended (${code ?? 'by a signal'}); it starts again in ${delayMs / 1000} s.\n`);
      await sleep(delayMs, undefined, { signal: asked.signal }).catch(() => {}); // Aborted: asked to stop.
      if (asked.signal.aborted) return 0;
      delayMs = Math.min(delayMs * 2, maxDelayMs);
    }
  } finally {
    forgetKeeper(files);
  }
}
