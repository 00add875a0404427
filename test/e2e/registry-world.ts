// Processes and files that the registry's tests meet: bystanders, orphans, a state directory with whatever in it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/index.ts';
import { identifyProcess } from '../../src/workers/registry/identify-process.ts';
import type { ProcessIdentity } from '../../src/workers/registry/process-identity.ts';
import type { WorkerEntry } from '../../src/workers/registry/registry-document.ts';
import { openRegistryStore, type RegistryStore } from '../../src/workers/registry/registry-store.ts';

export interface World extends AsyncDisposable {
  readonly stateDir: string;
  readonly file: string;
  /** Names of damaged files that were set aside. */
  readonly setAside: string[];
  open(): Promise<RegistryStore>;
  /** A process whose command line begins with `title`, deaf to SIGTERM if asked for, after the shell command `child`. */
  start(
    title: string,
    options?: { readonly env?: NodeJS.ProcessEnv; readonly isDeaf?: boolean; readonly child?: string },
  ): Promise<Started>;
  /** Writes a registry with `workers` under a server that is dead. */
  writeDead(workers: readonly WorkerEntry[]): void;
  names(): readonly string[];
}

interface Started extends ProcessIdentity {
  readonly child: ChildProcess;
  lives(): Promise<boolean>;
}

export function createWorld(): World {
  const stateDir = mkdtempSync(join(tmpdir(), 'mlx-registry-'));
  const file = join(stateDir, 'worker_registry.json');
  const children: ChildProcess[] = [];
  const setAside: string[] = [];
  return {
    stateDir,
    file,
    setAside,
    open: () => openRegistryStore({ stateDir, clock: systemClock, onSetAside: (name) => setAside.push(name) }),
    async start(title, { env = {}, isDeaf = false, child: own = '' } = {}) {
      // A signal that is ignored stays so through exec.
      const script = `${own} ${isDeaf ? "trap '' TERM;" : ''} exec -a "$0" sleep 100`;
      const child = spawn('bash', ['-c', script, title], { env: { ...env, PATH: process.env.PATH }, detached: true });
      children.push(child);
      await once(child, 'spawn');
      return { ...(await titled(child.pid!, title)), child, lives: () => isSame(child.pid!, title) };
    },
    writeDead(workers) {
      const servers = { dead: { pid: process.pid, startTime: 'of another process', workers } };
      writeFileSync(file, JSON.stringify({ version: 1, servers }), { mode: 0o600 });
    },
    names: () => readdirSync(stateDir).toSorted(),
    async [Symbol.asyncDispose]() {
      const ends = children.filter((child) => child.exitCode === null && child.signalCode === null);
      for (const child of ends) child.kill('SIGKILL');
      await Promise.all(ends.map((child) => once(child, 'exit')));
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

/** The process once exec has given it its title. */
async function titled(pid: number, title: string): Promise<ProcessIdentity> {
  for (;;) {
    const identity = await identifyProcess(pid);
    if (identity?.title === title) return identity;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const isSame = async (pid: number, title: string): Promise<boolean> => (await identifyProcess(pid))?.title === title;

/** What a registry would say of `process`, changed by `more`. */
export const entryOf = ({ pid, startTime, title }: ProcessIdentity, more: Partial<WorkerEntry> = {}): WorkerEntry => ({
  id: title.replace('mlx-server-v3-', ''),
  pid,
  startTime,
  title,
  model: 'test/model',
  engine: 'llama',
  blocks: [],
  ...more,
});

export const fileText = (path: string): string => readFileSync(path, 'utf8');
