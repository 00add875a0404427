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

/** The most that `pid` has held so far, in bytes; undefined once it has ended, or where it cannot be told. */
export function peakResidentBytes(pid: number): number | undefined {
  try {
    return statusBytes(pid, 'VmHWM') || undefined;
  } catch {
    return undefined;
  }
}

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

/** Memory of `pid` and its children, shared pages counted once among those who share them; NaN where it cannot be told. */
export function familyBytes(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return [pid, ...children.map(Number)].reduce((sum, one) => sum + proportionalBytes(one), 0);
}

/** 0 for a process that has ended meanwhile. */
function proportionalBytes(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * Memory that `pid` would hold on a machine where only it and its parent run: pages of files that others map too count in
 * full, those that the parent maps count half, all else as it is shared. NaN where it cannot be told.
 */
export function bytesAlone(pid: number, parent: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const parentMaps = readFileSync(`/proc/${parent}/maps`, 'utf8');
  const mappings = readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  return mappings.reduce((sum, mapping) => {
    const kilobytes = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(mapping)?.[1] ?? 0);
    const file = / (\/\S.*)$/.exec(mapping.split('\n', 1)[0] ?? '')?.[1];
    if (file === undefined || file.startsWith('/dev/shm'))
      return sum + (kilobytes('Pss') + kilobytes('SwapPss')) * 1024;
    const own = kilobytes('Anonymous');
    const ofFile = kilobytes('Rss') - own;
    return sum + (own + (parentMaps.includes(file) ? ofFile / 2 : ofFile)) * 1024;
  }, 0);
}
