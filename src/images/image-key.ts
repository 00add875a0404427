// What the cache knows a decoded image by: all bytes of its file, and what was done to it. A hash of its beginning would
// mix up two clients' images.
import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';

/** Bytes at a time: a millisecond or two, and no copy. */
const sliceBytes = 1024 * 1024;

export async function imageKey(file: Uint8Array, maxDimension: number | null, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < file.length; start += sliceBytes) {
    if (start > 0) await breathe();
    signal.throwIfAborted();
    hash.update(file.subarray(start, start + sliceBytes));
  }
  return `${hash.digest('hex')} ${maxDimension ?? 'full'}`;
}
