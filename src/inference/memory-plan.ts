// Whether a model fits beside those that are loaded, and who must go for it. Pure arithmetic on estimates and measurements.
import type { LoadPlan, LoadTooLarge } from '../models/index.ts';
import type { Footprint, MachineRoom } from '../workers/index.ts';

export interface MemoryHolder {
  readonly id: string;
  /** What was set aside for it. */
  readonly plannedBytes: number;
  /** What its process holds; null while that is not known. */
  readonly footprint: Footprint | null;
  readonly lastUsedMs: number;
  /** Why it stays: requests hold it, or the operator does. Null where it may go. */
  readonly kept: 'busy' | 'pinned' | null;
}

/** What a model may take. */
export interface MemoryLimits {
  readonly budgetBytes: number;
  readonly machine: MachineRoom;
}

export type MemoryPlan =
  | { readonly fits: true; readonly load: LoadPlan; readonly evict: readonly string[] }
  | { readonly fits: false; readonly shortage: MemoryShortage };

export interface MemoryShortage {
  readonly needBytes: number;
  /** What there would be once all that may go is gone. */
  readonly availableBytes: number;
  /** It does not fit on this machine even alone. */
  readonly never: boolean;
}

/** Left to the system and to what grows beside the models. */
const spareBytes = 128 * 1024 ** 2;

/** The estimate may be wrong, and a model that has not been used may still grow: the larger one counts. */
export const heldBytes = ({ plannedBytes, footprint }: MemoryHolder): number =>
  Math.max(plannedBytes, footprint?.bytes ?? 0);

/** What none of the holders has been promised. Negative where they hold more than they may. */
export function freeBytes({ budgetBytes, machine }: MemoryLimits, holders: readonly MemoryHolder[]): number {
  const sum = (of: (holder: MemoryHolder) => number): number => holders.reduce((total, one) => total + of(one), 0);
  const ofBudget = Math.min(budgetBytes, machine.ceilingBytes) - sum(heldBytes);
  // The system calls mapped weights available; what holders have not taken yet is promised all the same.
  const promised = sum((one) => heldBytes(one) - (one.footprint?.bytes ?? 0) + (one.footprint?.mappedBytes ?? 0));
  return Math.min(ofBudget, machine.availableBytes - spareBytes - promised);
}

/** Holders that may go, least recently used first, and no more of them than it takes for `needBytes`. */
export function evictionsFor(needBytes: number, free: number, holders: readonly MemoryHolder[]): readonly string[] {
  const evict: string[] = [];
  for (const holder of holders.filter(mayGo).sort((a, b) => a.lastUsedMs - b.lastUsedMs)) {
    if (free >= needBytes) break;
    evict.push(holder.id);
    free += heldBytes(holder);
  }
  return evict;
}

/** Tokens for which another model need not go: people would rather have both. */
const comfortableContext = 16_384;

/**
 * Bounds the load by all that models may use; where that is taken, by what is free if its context is comfortable there, else by
 * what can be had. `planWithin` makes the context smaller to keep a limit where nobody ordered one.
 */
export function planMemory(
  planWithin: (limitBytes: number) => LoadPlan | LoadTooLarge,
  limits: MemoryLimits,
  holders: readonly MemoryHolder[],
): MemoryPlan {
  const free = freeBytes(limits, holders);
  const attainable = holders.filter(mayGo).reduce((sum, holder) => sum + heldBytes(holder), free);
  const most = Math.min(limits.budgetBytes, limits.machine.ceilingBytes);
  const wanted = planWithin(most);
  const beside = besideOthers(wanted, planWithin, free);
  if (beside !== null) return { fits: true, load: beside, evict: [] };
  const load = !('tooLarge' in wanted) && wanted.needBytes > attainable ? planWithin(attainable) : wanted;
  if ('tooLarge' in load) {
    const never = load.needBytes > most;
    return { fits: false, shortage: { needBytes: load.needBytes, availableBytes: Math.max(0, attainable), never } };
  }
  return { fits: true, load, evict: evictionsFor(load.needBytes, free, holders) };
}

/** The load that no other model has to go for; null where there is none of use. */
function besideOthers(
  wanted: LoadPlan | LoadTooLarge,
  planWithin: (limitBytes: number) => LoadPlan | LoadTooLarge,
  free: number,
): LoadPlan | null {
  if ('tooLarge' in wanted) return null;
  if (wanted.needBytes <= free) return wanted;
  const smaller = planWithin(free);
  if ('tooLarge' in smaller) return null;
  const enough = Math.min(wanted.contextLength ?? 0, comfortableContext);
  return (smaller.contextLength ?? 0) >= enough ? smaller : null;
}

const mayGo = ({ kept }: MemoryHolder): boolean => kept === null;
