// What there is of one server beside itself: processes, open files, blocks, what it keeps on record. Linux.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Pids of all workers that servers on `stateDir` started, by their environment; a zombie has none. */
export function workersOf(stateDir: string): number[] {
  return pids().filter((pid) => read(pid, 'environ').split('\0').includes(`MLX_SERVER_STATE=${stateDir}`));
}

const pids = (): number[] => readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // It ended while we looked, or is not ours to look at.
  }
}

/** Whether `pid` runs as a child of `parent`; asked before a signal, since a pid may have been given out anew. */
export function isChildOf(pid: number, parent: number): boolean {
  const fields = read(pid, 'stat').split(') ').at(-1)!.split(' ');
  return Number(fields[1]) === parent && fields[0] !== 'Z';
}

export const isStopped = (pid: number): boolean => read(pid, 'stat').split(') ').at(-1)!.startsWith('T');

export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

export const sharedBlocks = (): ReadonlySet<string> =>
  new Set(existsSync('/dev/shm') ? readdirSync('/dev/shm').filter((name) => name.startsWith('mlx-')) : []);

/** Blocks that came since `before` and that no living process has mapped or open: nobody will remove them. */
export function blocksLeft(before: ReadonlySet<string>): string[] {
  const since = [...sharedBlocks()].filter((name) => !before.has(name));
  return since.filter((name) => !pids().some((pid) => read(pid, 'maps').includes(name) || holds(pid, name)));
}

function holds(pid: number, block: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).includes(block));
  } catch {
    return false; // It ended while we looked, or is not ours to look at.
  }
}

export interface RecordedServer {
  readonly pid: number;
  readonly workers: readonly unknown[];
}

/** The servers in the registry, with their workers. */
export function serversOnRecord(stateDir: string): RecordedServer[] {
  const text = readFileSync(join(stateDir, 'worker_registry.json'), 'utf8');
  return Object.values((JSON.parse(text) as { servers: Record<string, RecordedServer> }).servers);
}

/** Files in the state directory of a living server that are no part of a registry at rest, nor its own. */
export const strangersIn = ({ stateDir, pid }: { readonly stateDir: string; readonly pid: number }): string[] =>
  readdirSync(stateDir).filter(
    (name) => !/^(worker_registry\.(json|lock)|responses\.db(-wal|-shm)?)$/.test(name) && name !== `server-${pid}.json`,
  );
