// The built server as a process of its own, on free ports, with the starter models.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { jsonOf, until } from '../e2e/test-server.ts';

export interface RealServer {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly process: ChildProcess;
  readonly pid: number;
  /** What the server wrote to standard error so far. */
  readonly log: () => string;
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** `wrapper` is a command that runs the server, `unshare` for example; its pid is then that of `process`. */
export async function startRealServer(
  env: Record<string, string> = {},
  wrapper: readonly string[] = [],
): Promise<RealServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mlx-real-'));
  const readyFile = join(folder, 'ready.json');
  const ports = ['--port', '0', '--admin-port', '0'];
  const args = [main, 'serve', ...ports, '--ready-file', readyFile, '--state-dir', join(folder, 'state')];
  const [command, ...rest] = [...wrapper, process.execPath, ...args];
  const child = spawn(command!, rest, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const exited = once(child, 'exit');
  await until(() => {
    if (child.exitCode !== null) throw new Error(`the server ended: ${log}`);
    return existsSync(readyFile);
  });
  const { api, admin, pid } = JSON.parse(readFileSync(readyFile, 'utf8')) as {
    api: string;
    admin: string;
    pid: number;
  };
  return {
    apiUrl: api,
    adminUrl: admin,
    process: child,
    pid,
    log: () => log,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** OpenAI's client, unmodified. */
export const openaiOf = ({ apiUrl }: Pick<RealServer, 'apiUrl'>): OpenAI =>
  new OpenAI({ baseURL: `${apiUrl}/v1`, apiKey: 'none', maxRetries: 0 });

export async function workerPid({ adminUrl }: RealServer, model: string): Promise<number> {
  const { workers } = await jsonOf(fetch(`${adminUrl}/admin/status`));
  return workers.find((worker: { model: string; pid: number | null }) => worker.model === model && worker.pid !== null)
    .pid;
}
