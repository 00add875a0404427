// The llama.cpp context of a model that generates: how large it is planned, and what is tried when that does not fit.
import type { Llama, LlamaContext, LlamaModel } from 'node-llama-cpp';
import type { Load } from '../ipc/index.ts';
import { availableMemoryBytes } from './available-memory.ts';
import { type ContextPlan, planContext, smallerPlan } from './context-plan.ts';
import { cacheTypes } from './kv-cache.ts';
import { threads } from './start-llama.ts';

/**
 * The longest chunk. It bounds how long a cancel or a running answer waits for a prefill. On a CPU, flash attention takes chunks below
 * 64 tokens five times as long; without it, a row's numbers feel the other rows (decision 0004).
 */
export const chunkTokensFor = (llama: Llama): number => (llama.gpu === false ? 64 : 512);

export interface PlannedContext {
  readonly context: LlamaContext;
  readonly plan: ContextPlan;
}

/** @throws Error when not even the smallest context can be made */
export async function createContext(llama: Llama, model: LlamaModel, load: Load): Promise<PlannedContext> {
  const { kvCacheKeyType, kvCacheValueType } = cacheTypes(load.kvBits);
  for (let plan = await planFor(llama, model, load); ; ) {
    try {
      const context = await model.createContext({
        contextSize: plan.contextLength,
        sequences: plan.sequences + plan.pausable,
        batchSize: chunkTokensFor(llama) * 2 + plan.sequences,
        threads,
        flashAttention: 'auto',
        experimentalKvCacheKeyType: kvCacheKeyType,
        experimentalKvCacheValueType: kvCacheValueType,
        // Prefixes can be reused only where the cells of all positions are kept.
        swaFullCache: true,
        failedCreationRemedy: false,
      });
      return { context, plan };
    } catch (error) {
      const smaller = smallerPlan(plan);
      if (smaller === null) throw error;
      plan = smaller;
    }
  }
}

async function planFor(llama: Llama, model: LlamaModel, load: Load): Promise<ContextPlan> {
  const trained = model.trainContextSize;
  const contextSize = Math.min(load.contextLength ?? trained, trained);
  const need = await model.fileInsights.estimateContextResourceRequirementsV2({
    contextSize,
    sequences: 1,
    batchSize: chunkTokensFor(llama),
    modelGpuLayers: model.gpuLayers,
    flashAttention: 'auto',
    swaFullCache: true,
    ...cacheTypes(load.kvBits),
  });
  return planContext({
    asked: load.contextLength,
    trained,
    maxBatch: load.maxBatch,
    bytesPerToken: (need.cpuRam + need.gpuVram) / contextSize,
    availableBytes: await availableMemoryBytes(llama, model.size),
    weightBytes: model.size,
    mostTokens: load.cacheTokens,
  });
}
