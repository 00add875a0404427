// A GGUF file → everything the engine needs, loaded once. Owns the choice of device, threads, context and chunk.
import type { Llama, LlamaContext, LlamaModel } from 'node-llama-cpp';
import type { FromWorker, Load } from '../ipc/index.ts';
import { protocolVersion } from '../ipc/index.ts';
import { availableMemoryBytes } from './available-memory.ts';
import { type ContextPlan, planContext, smallerPlan } from './context-plan.ts';
import { createFormCompiler, type FormCompiler } from './form-compiler.ts';
import { engineVersionOf, type TokenizerOptions, tokenizerOf } from './load-tokenizer.ts';
import { type Native, nativeOf } from './native.ts';
import type { PromptTokenizer } from './prompt.ts';
import { startLlama, threads } from './start-llama.ts';
import type { TokenPiece } from './text-stream.ts';
import { createTokenPieces } from './token-pieces.ts';

export interface LoadedModel {
  readonly native: Native;
  readonly tokenizer: PromptTokenizer;
  readonly vocabularySize: number;
  readonly contextLength: number;
  /** Requests that can run together. */
  readonly sequences: number;
  /** Requests that can be paused beside them. */
  readonly pausable: number;
  /** Prompt tokens in one decode at the most. */
  readonly chunkTokens: number;
  /** Tokens by which a prompt's last chunk may be longer: a short one would take longer than it. */
  readonly tailTokens: number;
  /** How long a decode with a prompt in it may keep running answers; null where chunks keep their length. */
  readonly stallTargetMs: number | null;
  /** Bytes of one sequence's cells; infinite where a copy of them could not be cut to a prefix. */
  readonly slotBytes: number;
  readonly slidingWindow: number | null;
  readonly reusesPrefixes: boolean;
  readonly pieceOf: (token: number) => TokenPiece;
  readonly textOf: (token: number) => string;
  readonly isEndToken: (token: number) => boolean;
  readonly forms: FormCompiler;
  readonly endTokens: readonly number[];
  readonly ready: Extract<FromWorker, { type: 'ready' }>;
}

/**
 * The longest chunk. It bounds how long a cancel or a running answer waits for a prefill. On a CPU, flash attention takes chunks below
 * 64 tokens five times as long; without it, a row's numbers feel the other rows (decision 0004).
 */
const chunkTokensFor = (llama: Llama): number => (llama.gpu === false ? 64 : 512);

const tailTokensFor = (llama: Llama, load: Load): number =>
  llama.gpu === false && load.decodeStallTargetMs === null ? chunkTokensFor(llama) - 1 : 0;

const gpuStallTargetMs = 500;

interface PlannedContext {
  readonly context: LlamaContext;
  readonly plan: ContextPlan;
}

async function createContext(llama: Llama, model: LlamaModel, first: ContextPlan): Promise<PlannedContext> {
  for (let plan: ContextPlan = first; ; ) {
    try {
      const context = await model.createContext({
        contextSize: plan.contextLength,
        sequences: plan.sequences + plan.pausable,
        batchSize: chunkTokensFor(llama) * 2 + plan.sequences,
        threads,
        flashAttention: 'auto',
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

/** @throws Error when the file is no model that llama.cpp can run, or the memory is not there */
export async function loadModel({ load, log }: TokenizerOptions): Promise<LoadedModel> {
  const llama = await startLlama(log);
  const model = await llama.loadModel({ modelPath: load.path });
  const { context, plan } = await createContext(llama, model, await planFor(llama, model, load));
  const native = nativeOf(llama, model, context);
  const tokenizer = await tokenizerOf(model, native.model, { load, log });
  const { vocabularySize } = tokenizer;
  const contextLength = Math.min(context.contextSize, model.trainContextSize, load.contextLength ?? Infinity);
  const pieceOf = createTokenPieces(native.model, model.vocabularyType);
  const weights = native.model.getMemoryBreakdown();
  const cells = native.context.getMemoryBreakdown();
  const cellBytes = cells.cpuRam + cells.gpuVram;
  return {
    native,
    tokenizer,
    vocabularySize,
    contextLength,
    sequences: plan.sequences,
    pausable: plan.pausable,
    chunkTokens: chunkTokensFor(llama),
    tailTokens: tailTokensFor(llama, load),
    stallTargetMs: load.decodeStallTargetMs ?? (llama.gpu === false ? null : gpuStallTargetMs),
    slotBytes: model.fileInsights.isRecurrent ? Infinity : cellBytes / context.totalSequences,
    slidingWindow: model.fileInsights.swaSize ?? null,
    reusesPrefixes: load.promptCacheBytes > 0,
    pieceOf,
    textOf: (token) => {
      const { bytes, text } = pieceOf(token);
      if (bytes.length === 0) return native.model.getTokenString(token) ?? '';
      return text ?? Buffer.from(bytes).toString('utf8');
    },
    endTokens: Array.from({ length: vocabularySize }, (_, token) => token).filter((token) =>
      native.model.isEogToken(token),
    ),
    isEndToken: (token) => native.model.isEogToken(token),
    forms: createFormCompiler(native, vocabularySize),
    ready: {
      type: 'ready',
      protocol: protocolVersion,
      engine: 'llama.cpp',
      engineVersion: await engineVersionOf(llama),
      device: llama.gpu === false ? 'cpu' : llama.gpu,
      contextLength,
      vocabularySize,
      sequences: plan.sequences,
      pausable: plan.pausable,
      memoryBytes: weights.cpuRam + weights.gpuVram + cellBytes,
    },
  };
}
