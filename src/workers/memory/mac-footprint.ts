// A process's footprint on macOS, from proc_pid_rusage(2): what Activity Monitor shows, and mapped weights beside it.
import { createRequire } from 'node:module';
import type { Footprint, ReadFootprint } from './footprint.ts';

/** RUSAGE_INFO_V0 of <sys/resource.h>: a uuid of 16 bytes, then ten 64-bit numbers. */
const flavour = 0;
const structBytes = 96;
const residentAt = 64;
const physicalAt = 72;

/**
 * `ri_phys_footprint` has Metal's buffers and compressed pages, but no page of a mapped file; `ri_resident_size` has
 * those, and no buffers. The larger one is taken: never more than what is held.
 */
export function parseRusage(info: Buffer): Footprint {
  const resident = Number(info.readBigUInt64LE(residentAt));
  const physical = Number(info.readBigUInt64LE(physicalAt));
  return { bytes: Math.max(resident, physical), mappedBytes: Math.max(0, resident - physical) };
}

/** Binds the system's function at the first call. */
export function createMacFootprint(): ReadFootprint {
  let ask: ((pid: number, flavour: number, info: Buffer) => number) | undefined;
  return async (pid) => {
    ask ??= bind();
    const info = Buffer.alloc(structBytes);
    return ask(pid, flavour, info) === 0 ? parseRusage(info) : null;
  };
}

function bind(): (pid: number, flavour: number, info: Buffer) => number {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  return koffi.load(null).func('int proc_pid_rusage(int pid, int flavor, _Out_ void *buffer)');
}
