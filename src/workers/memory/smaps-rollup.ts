// /proc/PID/smaps_rollup → a footprint. Pure. https://docs.kernel.org/filesystems/proc.html
import type { Footprint } from './footprint.ts';

const kibibyte = 1024;

/**
 * The proportional set size: what several processes share, libraries and blocks, is counted once among them. Resident size
 * would count it for each. Weights mapped by one worker alone count in full; swapped pages are memory that it asked for.
 */
export function parseSmapsRollup(text: string): Footprint | null {
  const kilobytes = (field: string): number => {
    const value = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return value === undefined ? Number.NaN : Number(value);
  };
  const resident = kilobytes('Pss');
  if (Number.isNaN(resident)) return null;
  const mapped = kilobytes('Pss_File'); // Since Linux 5.9.
  return {
    bytes: (resident + (kilobytes('SwapPss') || 0)) * kibibyte,
    mappedBytes: (mapped || 0) * kibibyte,
  };
}
