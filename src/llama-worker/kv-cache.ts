// Of which numbers the KV cells are made: llama.cpp's types for so many bits, and whether a model can have them.
import { GgmlType, type LlamaModel } from 'node-llama-cpp';
import type { Load } from '../ipc/index.ts';
import { nativeContextOf } from './native.ts';

export type KvBits = NonNullable<Load['kvBits']>;

const typeOfBits = { 4: GgmlType.Q4_0, 8: GgmlType.Q8_0 } as const satisfies Record<KvBits, GgmlType>;

/** Keys and values alike; values below 16 bits need flash attention, which is on wherever the model allows it. */
export const cacheTypes = (kvBits: KvBits | undefined) => {
  const type = kvBits === undefined ? GgmlType.F16 : typeOfBits[kvBits];
  return { kvCacheKeyType: type, kvCacheValueType: type } as const;
};

/** The smallest that llama.cpp rounds contexts to. */
const probeTokens = 256;

/** Bytes of a small context; null when llama.cpp makes none. */
async function bytesOfProbe(model: LlamaModel, kvBits: KvBits | undefined): Promise<number | null> {
  const { kvCacheKeyType, kvCacheValueType } = cacheTypes(kvBits);
  try {
    await using context = await model.createContext({
      contextSize: probeTokens,
      batchSize: 1,
      sequences: 1,
      flashAttention: 'auto',
      failedCreationRemedy: false,
      experimentalKvCacheKeyType: kvCacheKeyType,
      experimentalKvCacheValueType: kvCacheValueType,
    });
    const { cpuRam, gpuVram } = nativeContextOf(context).getMemoryBreakdown();
    return cpuRam + gpuVram;
  } catch {
    return null; // llama.cpp has told the log why.
  }
}

/** @throws Error for a model whose cells cannot be made of so few bits, or that has none */
export async function checkKvBits(model: LlamaModel, kvBits: KvBits): Promise<void> {
  const [asked, usual] = [await bytesOfProbe(model, kvBits), await bytesOfProbe(model, undefined)];
  if (asked === null) throw new Error(`kv_bits: llama.cpp keeps no KV cache of ${kvBits} bits for this model`);
  if (usual !== null && asked >= usual) throw new Error('kv_bits: this model has no KV cache that would get smaller');
}
