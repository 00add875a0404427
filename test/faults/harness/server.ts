// A real server process on free ports with an environment of its own, the starter models and the scripted ones; its log
// is read as events.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { paths } from '../../../bench/harness/paths.ts';
import { noWeights } from '../../fixtures/weights/weight-files.ts';
import { until } from './wait.ts';

export const mlx = 'starter/smollm2-135m-instruct';
export const llama = 'starter/smollm2-135m-instruct-gguf';
export const scripted = (program: string): string => `scripted/${program}`;

export interface LogEvent {
  readonly msg: string;
  /** performance.now() when the line was read. */
  readonly atMs: number;
  readonly model?: string;
  readonly requestId?: string;
  readonly workerId?: string;
  readonly pid?: number;
  readonly loadMs?: number;
  readonly timings?: { readonly prefillMs: number };
  readonly reason?: string;
  readonly code?: string | null;
}

export interface WorkerFacts {
  readonly model: string;
  readonly pid: number;
  readonly state: 'starting' | 'ready' | 'stopping';
  readonly running: number;
}

export interface FaultServer extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  readonly process: ChildProcess;
  readonly stateDir: string;
  readonly folder: string;
  readonly events: readonly LogEvent[];
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  status(): Promise<{ readonly workers: readonly WorkerFacts[]; readonly queue: { readonly depth: number } }>;
  worker(model: string): Promise<WorkerFacts | undefined>;
  admin(path: string, body: object): Promise<unknown>;
  /** What the admin port answers to a GET. */
  text(path: string): Promise<string>;
  load(model: string): Promise<number>;
}

export interface FaultServerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The folder of a server before this one: same state directory, same models. */
  readonly folder?: string;
  /** Leaves the folder to somebody else at the end. */
  readonly keepsFolder?: boolean;
  readonly readyName?: string;
  /** Programs of test/fixtures/workers to have as models. */
  readonly programs?: readonly string[];
}

export async function startServer(options: FaultServerOptions = {}): Promise<FaultServer> {
  const { env = {}, programs = [], folder = mkdtempSync(join(tmpdir(), 'mlx-faults-')) } = options;
  for (const name of programs) writeScriptedModel(join(folder, 'models/scripted', name), name === 'sees-images');
  mkdirSync(join(folder, 'home'), { recursive: true });
  const readyFile = join(folder, options.readyName ?? 'ready.json');
  rmSync(readyFile, { force: true });
  const stateDir = join(folder, 'state');
  const flags = ['--port', '0', '--admin-port', '0', '--ready-file', readyFile, '--state-dir', stateDir];
  const more = ['--models-dir', join(folder, 'models'), '--log-format', 'json', '--log-level', 'debug'];
  const command =
    programs.length === 0 ? [paths.commandLine, 'serve'] : [join(paths.root, 'test/fixtures/faults/serve.mjs')];
  const child = spawn(process.execPath, [...command, ...flags, ...more], {
    env: { PATH: process.env.PATH ?? '', HOME: join(folder, 'home'), ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { events, other } = readLog(child);
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? -1));
  });
  await until('the server is ready', () => {
    if (child.exitCode !== null) throw new Error(`the server ended: ${other.join('\n')}`);
    return existsSync(readyFile);
  });
  const ready = JSON.parse(readFileSync(readyFile, 'utf8')) as { api: string; admin: string; pid: number };
  const facts = { pid: ready.pid, port: Number(new URL(ready.api).port), process: child, stateDir, folder };
  return {
    ...facts,
    events,
    exited,
    ...control(ready.admin),
    [Symbol.asyncDispose]: () => dispose(child, exited, options.keepsFolder ? undefined : folder),
  };
}

function control(adminUrl: string): Pick<FaultServer, 'status' | 'worker' | 'admin' | 'text' | 'load'> {
  const status: FaultServer['status'] = async () =>
    (await (await fetch(`${adminUrl}/admin/status`)).json()) as Awaited<ReturnType<FaultServer['status']>>;
  const admin = async (path: string, body: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(adminUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return response.json();
  };
  return {
    status,
    admin,
    text: async (path) => (await fetch(adminUrl + path)).text(),
    worker: async (model) => (await status()).workers.find((worker) => worker.model === model && worker.pid > 0),
    load: async (model) => ((await admin('/admin/load', { model })) as { loadMs: number }).loadMs,
  };
}

function readLog(child: ChildProcess): { readonly events: LogEvent[]; readonly other: string[] } {
  const events: LogEvent[] = [];
  const other: string[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => {
    if (line.startsWith('{')) events.push({ ...(JSON.parse(line) as LogEvent), atMs: performance.now() });
    else other.push(line);
  });
  return { events, other };
}

async function dispose(child: ChildProcess, exited: Promise<unknown>, folder: string | undefined): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    child.kill('SIGCONT');
    const second = setTimeout(() => child.kill('SIGTERM'), 5000);
    await exited;
    clearTimeout(second);
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

function writeScriptedModel(folder: string, seesImages: boolean): void {
  mkdirSync(folder, { recursive: true });
  const config = { model_type: 'scripted', ...(seesImages ? { vision_config: {} } : {}) };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'model.safetensors'), noWeights());
}
