// What one process really holds of the machine's memory, asked of the system. Kills nothing, remembers nothing.
import { readFile } from 'node:fs/promises';
import type { Footprint, ReadFootprint } from './footprint.ts';
import { createMacFootprint } from './mac-footprint.ts';
import { parseSmapsRollup } from './smaps-rollup.ts';

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
