// What the server holds at a moment, seen from outside: memory, files, threads, shared blocks, entries in the registry.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFiles } from '../faults/harness/processes.ts';
import type { FaultServer } from '../faults/harness/server.ts';

export interface Sample {
  readonly residentMb: number;
  readonly files: number;
  readonly threads: number;
  /** In /dev/shm, of those that the registry names. */
  readonly blocks: number;
  /** Workers in the registry. */
  readonly workers: number;
}

export interface Sampler {
  readonly samples: readonly Sample[];
  /** Blocks that the registry named at any time and that are there. */
  blocksThere(): string[];
  stop(): void;
}

interface RegistryFile {
  readonly servers: Readonly<Record<string, { readonly workers: readonly { readonly blocks: readonly string[] }[] }>>;
}

export function startSampler({ pid, stateDir }: FaultServer, everyMs: number): Sampler {
  const samples: Sample[] = [];
  const names = new Set<string>();
  const blocksThere = (): string[] => [...names].filter((name) => existsSync(join('/dev/shm', name)));
  const take = (): void => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    const { servers } = JSON.parse(readFileSync(join(stateDir, 'worker_registry.json'), 'utf8')) as RegistryFile;
    const workers = Object.values(servers).flatMap((server) => server.workers);
    for (const { blocks } of workers) for (const block of blocks) names.add(block);
    const blocks = blocksThere().length;
    const residentMb = field('VmRSS') / 1024;
    samples.push({ residentMb, files: openFiles(pid), threads: field('Threads'), blocks, workers: workers.length });
  };
  const timer = setInterval(take, everyMs);
  return { samples, blocksThere, stop: () => clearInterval(timer) };
}
