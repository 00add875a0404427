// Whether a model fits beside those that are loaded, and who must go for it. Pure arithmetic on estimates.

export interface MemoryUser {
  readonly id: string;
  readonly bytes: number;
  readonly lastUsedMs: number;
  /** Whether requests hold it, or the operator does. */
  readonly busy: boolean;
}

export type MemoryPlan =
  | { readonly fits: true; readonly evict: readonly string[] }
  | { readonly fits: false; readonly availableBytes: number };

/** A worker's own footprint, without weights: interpreter, libraries, buffers. */
const processBytes = 512 * 1024 * 1024;

/** Bytes that a model is reckoned to need: its weights, a fifth more for KV cache and activations, and the process. */
export const estimateBytes = (weightBytes: number): number => Math.ceil(weightBytes * 1.2) + processBytes;

/** Evicts idle models, least recently used first, and no more of them than it takes. */
export function planMemory(needBytes: number, budgetBytes: number, users: readonly MemoryUser[]): MemoryPlan {
  let freeBytes = budgetBytes - users.reduce((sum, { bytes }) => sum + bytes, 0);
  const evict: string[] = [];
  const idle = users.filter(({ busy }) => !busy).sort((a, b) => a.lastUsedMs - b.lastUsedMs);
  for (const user of idle) {
    if (freeBytes >= needBytes) break;
    evict.push(user.id);
    freeBytes += user.bytes;
  }
  return freeBytes >= needBytes ? { fits: true, evict } : { fits: false, availableBytes: Math.max(0, freeBytes) };
}
