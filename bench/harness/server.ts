// A real server process on free ports, with its own home, its own state and a log file; ended with the question.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { ReadyFileContent } from '../../src/cli/ready-file.ts';
import { nodeFlags, paths } from './paths.ts';

export interface BenchServer extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** Base URL of the admin port. */
  readonly admin: string;
  /** Of the only worker; throws unless exactly one runs. */
  workerPid(): Promise<number>;
  /** performance.now() at spawn, and when the ready file was seen. */
  readonly spawnedMs: number;
  readonly readyMs: number;
}

export interface ServerOptions {
  /** The program and its arguments in front of the server's flags. */
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where the models are, when they are not the benchmarks' own. */
  readonly modelsDir?: string;
}

const readyTimeoutMs = 60_000;
export const maxConcurrentRequests = 32;

/** The environment of a newcomer: nothing of the user's own settings, caches or models. */
function serverEnvironment(folder: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: join(folder, 'home'),
    HF_HOME: join(folder, 'hugging-face'),
    MLX_STATE_DIR: join(folder, 'state'),
    MLX_MAX_CONCURRENT_REQUESTS: String(maxConcurrentRequests),
  };
}

export async function startServer({
  command,
  env = {},
  modelsDir = paths.benchModels,
}: ServerOptions = {}): Promise<BenchServer> {
  mkdirSync(paths.scratch, { recursive: true });
  const folder = mkdtempSync(join(paths.scratch, 'server-'));
  mkdirSync(join(folder, 'home'));
  const log = openSync(join(folder, 'log'), 'w');
  const readyFile = join(folder, 'ready.json');
  const [program = process.execPath, ...first] = command ?? [
    process.execPath,
    ...nodeFlags,
    paths.commandLine,
    'serve',
  ];
  const flags = ['--port', '0', '--admin-port', '0', '--ready-file', readyFile, '--models-dir', modelsDir];
  const ready = untilFile(folder, 'ready.json');
  const spawnedMs = performance.now();
  const child = spawn(program, [...first, ...flags], {
    cwd: paths.root,
    env: { ...serverEnvironment(folder), ...env },
    stdio: ['ignore', log, log],
  });
  const exited = untilExit(child);
  const outcome = await Promise.race([ready, exited]);
  if (outcome !== 'seen') {
    ready.abandon();
    throw new Error(`the server ${outcome}; see ${join(folder, 'log')}`);
  }
  const readyMs = performance.now();
  const { api, admin, pid } = JSON.parse(readFileSync(readyFile, 'utf8')) as ReadyFileContent;
  return {
    pid,
    port: Number(new URL(api).port),
    admin,
    workerPid: () => onlyWorker(admin),
    spawnedMs,
    readyMs,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function onlyWorker(admin: string): Promise<number> {
  const response = await fetch(`${admin}/admin/status`);
  const { workers } = (await response.json()) as { readonly workers: readonly { readonly pid: number | null }[] };
  const pid = workers.length === 1 ? workers[0]?.pid : undefined;
  if (typeof pid !== 'number') throw new Error(`${workers.length} workers run where one was expected`);
  return pid;
}

const untilExit = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(`exited with ${signal ?? `code ${code}`}`));
    child.once('error', (error) => resolve(`did not start: ${error.message}`));
  });

/** Resolves with "seen" as soon as `name` appears in `folder`, else with "was not ready in time". */
function untilFile(folder: string, name: string): Promise<string> & { abandon(): void } {
  let abandon = (): void => {};
  const seen = new Promise<string>((resolve) => {
    const watcher = watch(folder, (_, changed) => {
      if (changed === name) settle('seen');
    });
    const timer = setTimeout(() => settle('was not ready in time'), readyTimeoutMs);
    const settle = (outcome: string): void => {
      watcher.close();
      clearTimeout(timer);
      resolve(outcome);
    };
    abandon = () => settle('abandoned');
  });
  return Object.assign(seen, { abandon });
}
