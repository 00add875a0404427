// The built server with scripted workers as a process of its own: one that can be stopped, starved and measured.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config/index.ts';
import { jsonOf, writeModel } from './test-server.ts';

const program = fileURLToPath(new URL('../fixtures/servers/scripted-server.mjs', import.meta.url));

/** Whether there is a build to start. */
export const isBuilt = existsSync(fileURLToPath(new URL('../../dist/cli/running-server.js', import.meta.url)));

export interface ServerProcess extends AsyncDisposable {
  readonly chat: string;
  readonly api: string;
  readonly admin: string;
  readonly folder: string;
  readonly process: ChildProcess;
  readonly pid: number;
  /** What it wrote to standard error so far. */
  readonly errors: () => string;
  /** The worker of `test/<fixture>`, as /admin/status shows it, if there is one. */
  worker(fixture: string): Promise<{ readonly pid: number; readonly running: number } | undefined>;
  residentBytes(): number;
}

/** `prefix` is put before the command line: `['prlimit', '--nofile=64']`. */
export async function startServerProcess(
  fixtures: readonly string[],
  { config = {}, prefix = [] }: { readonly config?: Partial<Config>; readonly prefix?: readonly string[] } = {},
): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'mlx-test-'));
  for (const name of fixtures) writeModel(join(folder, 'models', 'test', name), false);
  const own = {
    modelsDirs: [join(folder, 'models')],
    stateDir: join(folder, 'state'),
    huggingFaceHome: join(folder, 'hf'),
    defaultModel: `test/${fixtures[0]}`,
    requestTimeoutMs: 5000,
  };
  if (prefix[0] === 'setpriv') chmodSync(folder, 0o777); // Another user's server, then.
  const line = [...prefix, process.execPath, program, JSON.stringify({ config: { ...own, ...config } })];
  const child = spawn(line[0]!, line.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = once(child, 'exit');
  const [first] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(() => Promise.reject(new Error(`the server ended: ${errors}`))),
  ])) as [string];
  const { api, admin } = JSON.parse(first) as { api: string; admin: string };
  return {
    chat: `${api}/v1/chat/completions`,
    api,
    admin,
    folder,
    process: child,
    pid: child.pid!,
    errors: () => errors,
    async worker(fixture) {
      const { workers } = await jsonOf(fetch(`${admin}/admin/status`));
      return workers.find(({ model }: { model: string }) => model === `test/${fixture}`);
    },
    residentBytes: () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) * 1024,
    async [Symbol.asyncDispose]() {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
