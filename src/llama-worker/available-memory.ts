// How much memory the KV cells may be cut from. Asks the device or the operating system; decides nothing.
import { totalmem } from 'node:os';
import type { Llama } from 'node-llama-cpp';

/** macOS counts its file cache as used, so what is free there says nothing; this share of all memory stands in. */
const usableShareOnMac = 0.7;

/** Bytes available once a model of `weightBytes` is resident; mapped weights still look available on Linux. */
export async function availableMemoryBytes(llama: Llama, weightBytes: number): Promise<number> {
  if (llama.gpu !== false) return (await llama.getVramState()).free;
  const available = process.platform === 'darwin' ? totalmem() * usableShareOnMac : process.availableMemory();
  return Math.max(0, available - weightBytes);
}
