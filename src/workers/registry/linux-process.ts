// Processes as Linux's /proc shows them. Reads only; a process that is gone, or a zombie, is undefined.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { ProcessIdentity } from './process-identity.ts';

/** @throws when /proc cannot be read for another reason than the process being gone. */
export function readLinuxProcess(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  if (stat === undefined) return undefined;
  const title = readProc(`${pid}/cmdline`)?.split('\0', 1)[0];
  if (title === undefined) return undefined;
  const mark = readLinuxEnvironment(pid)?.get('MLX_WORKER_MARK');
  return { pid, ...stat, title, mark };
}

/** The pids in the process group `group`, among those of `uid`. */
export const listLinuxGroup = (group: number, uid: number): readonly number[] =>
  listLinuxPids(uid).filter((pid) => readStat(pid)?.group === group);

/** The environment a process was started with; undefined when it may not be read. */
export function readLinuxEnvironment(pid: number): ReadonlyMap<string, string> | undefined {
  try {
    const entries = readProc(`${pid}/environ`)?.split('\0') ?? [];
    return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  } catch {
    return undefined; // EACCES: it is not dumpable, or not ours.
  }
}

/** The pids of every process of `uid`. */
export function listLinuxPids(uid: number): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === uid).map(Number);
}

function readStat(pid: number): { readonly startTime: string; readonly group: number } | undefined {
  const stat = readProc(`${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may hold anything, also ") Z 1"; the fields after the last one are numbers.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields;
  const startTicks = fields[19]; // Field 22 of proc(5), of which two lie before.
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  return { startTime: `${bootId()}:${startTicks}`, group: Number(group) };
}

const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
