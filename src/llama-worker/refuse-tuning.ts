// What a load of an embedding model may ask for and cannot be done: said at the load, so that nothing is ignored.
import type { Load } from '../ipc/index.ts';

type Tuning = Pick<Load, 'purpose' | 'kvBits' | 'draftPath' | 'adapterPath'>;

const refusedByEmbedders = {
  kvBits: 'kv_bits: a model that makes embeddings keeps no KV cache',
  draftPath: 'draft_model: a model that makes embeddings has no tokens to propose',
  adapterPath: 'adapter: this engine takes none for models that make embeddings',
} as const;

/** @throws Error with the reason, for a client to read */
export function refuseTuning(load: Tuning): void {
  if (load.purpose !== 'embed') return;
  for (const [name, reason] of Object.entries(refusedByEmbedders)) {
    if (load[name as keyof typeof refusedByEmbedders] !== undefined) throw new Error(reason);
  }
}
