// What Linux tells of a process, read from /proc; elsewhere from ps, or not at all.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A tick of the times in /proc, the same on all Linux machines of today. */
const tickMs = 10;

/** Resident memory of one process, without its children, in bytes. */
export function residentBytes(pid: number): number {
  if (process.platform === 'linux') return statusBytes(pid, 'VmRSS');
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
}

/** The most that it ever was, in bytes; NaN where it cannot be told. */
export const peakResidentBytes = (pid: number): number =>
  process.platform === 'linux' ? statusBytes(pid, 'VmHWM') : Number.NaN;

function statusBytes(pid: number, field: string): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) * 1024;
}

/** Processor time that a process and its threads have used, in milliseconds; NaN where it cannot be told. */
export function processorMs(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
