// What one process really holds of the machine's memory, asked of the system. Kills nothing, remembers nothing.
import { readFile } from 'node:fs/promises';
import { createMacFootprint } from './mac-footprint.ts';
import { parseSmapsRollup } from './smaps-rollup.ts';

export interface Footprint {
  /** Memory that would be free without the process: its own pages, its share of shared ones, mapped weights. */
  readonly bytes: number;
  /** Of them, pages of files, which the system counts as available although a model works with them. */
  readonly mappedBytes: number;
}

/** Null where the process is gone, or the system does not say. */
export type ReadFootprint = (pid: number) => Promise<Footprint | null>;

export function createFootprintReader(platform: NodeJS.Platform = process.platform): ReadFootprint {
  if (platform === 'linux') return readLinuxFootprint;
  if (platform === 'darwin') return createMacFootprint();
  return async () => null;
}

/** The kernel walks the process's page tables for it: some milliseconds for each gigabyte, on a thread of the pool. */
async function readLinuxFootprint(pid: number): Promise<Footprint | null> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1').catch(() => null); // Gone, or not ours to see.
  return text === null ? null : parseSmapsRollup(text);
}
