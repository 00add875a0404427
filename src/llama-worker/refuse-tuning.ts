// What a load may ask for and this worker cannot do: said at the load, so that nothing is ignored.
import type { Load } from '../ipc/index.ts';

type Tuning = Pick<Load, 'kvBits' | 'draftPath' | 'adapterPath'>;

const refusals = {
  kvBits: 'kv_bits: this engine does not quantise its cache',
  draftPath: 'draft_model: this engine runs no draft model',
  adapterPath: 'adapter: this engine takes no adapter',
} as const satisfies Record<keyof Tuning, string>;

/** @throws Error with the reason, for a client to read */
export function refuseTuning(tuning: Tuning): void {
  for (const [name, reason] of Object.entries(refusals)) {
    if (tuning[name as keyof Tuning] !== undefined) throw new Error(reason);
  }
}
