// How each engine spends memory: what its process weighs, how wide its KV cache is, what it computes with. Pure.
// The constants were measured by `npm run bench -- memory`; see docs/decisions/0014-memory-guard.md.
import type { EngineName } from '../model.ts';
import type { MemoryFacts } from './memory-facts.ts';

const mebibyte = 1024 ** 2;

/** Where the worker computes, which decides how it holds weights and cache. */
export type Device = 'cpu' | 'gpu';

/** Metal on a Mac; elsewhere the workers of this package compute on the processor. */
export const deviceOf = (platform: NodeJS.Platform): Device => (platform === 'darwin' ? 'gpu' : 'cpu');

/** The interpreter with the engine's libraries and a tokenizer, before any weights. */
const processBytes: Readonly<Record<EngineName, number>> = {
  'mlx-text': 54 * mebibyte,
  'mlx-vision': 90 * mebibyte,
  llama: 122 * mebibyte,
};

export const processBytesOf = (engine: EngineName): number => processBytes[engine];

/** llama.cpp maps the file; MLX copies it, and on a CPU widens its halves to floats of 32 bits. */
export const weightBytesOf = ({ engine, weightBytes, halfPrecisionBytes }: MemoryFacts, device: Device): number =>
  engine !== 'llama' && device === 'cpu' ? weightBytes + halfPrecisionBytes : weightBytes;

/**
 * Keys and values of one token in all layers; null where the model's files do not tell their shape. A window that slides
 * is not counted on: llama.cpp keeps all cells, and which layers have one is not told.
 */
export function cacheBytesPerToken(
  { engine, layers, kvHeads, headDim }: MemoryFacts,
  device: Device,
  kvBits: 4 | 8 | null,
): number | null {
  if (layers === null || kvHeads === null || headDim === null) return null;
  const heads = typeof kvHeads === 'number' ? kvHeads * layers : kvHeads.reduce((sum, count) => sum + count, 0);
  const plainBytes = engine !== 'llama' && device === 'cpu' ? 4 : 2;
  if (kvBits === null) return 2 * heads * headDim * plainBytes;
  // llama.cpp: a scale of two bytes for 32 numbers. MLX: a scale and a bias, as wide as a plain number, for 64.
  const scaleBytes = engine === 'llama' ? 2 / 32 : (2 * plainBytes) / 64;
  return 2 * heads * headDim * (kvBits / 8 + scaleBytes);
}

/** MLX makes a cache longer by so many tokens at a time. */
const growthTokens = 256;
/** As `set_cache_limit` of the MLX workers has it: freed buffers that are kept for the next ones. */
const keptBuffersBytes = 1024 * mebibyte;

/**
 * Memory of a cache of `tokens`. To grow, MLX copies it, and keeps on a GPU what the old one leaves, as far as the worker lets
 * it; on a CPU that goes back to the system. llama.cpp allocates all cells at the load.
 */
export function cacheBytes(engine: EngineName, device: Device, tokens: number, perToken: number): number {
  if (engine === 'llama') return tokens * perToken;
  const held = Math.ceil(tokens / growthTokens) * growthTokens * perToken;
  return held + (device === 'cpu' ? 0 : Math.min(held, keptBuffersBytes));
}

/** Prompt tokens that go through the model at once, at the most: see the workers' choice of a chunk. */
const chunkTokens = {
  llama: { cpu: 64, gpu: 512 },
  mlx: { cpu: 32, gpu: 2048 },
} as const;
const llamaMicroBatch = 512;
const floatBytes = 4;
/** Arrays as wide as the hidden state that are alive at once in a layer: the widest ones are four times as wide. */
const liveArrays = 16;
/** MLX holds the logits of a step, their logarithms and what is sampled from. */
const logitArrays = 3;

/** What a step computes with: the hidden state of a chunk, and logits over the vocabulary. */
export function activationBytes(facts: MemoryFacts, device: Device, maxBatch: number): number {
  const vocabulary = facts.vocabularySize ?? 0;
  const hidden = facts.hiddenSize ?? 0;
  if (facts.engine === 'llama') {
    const rows = Math.min(chunkTokens.llama[device] * 2 + maxBatch, llamaMicroBatch);
    return rows * vocabulary * floatBytes;
  }
  const chunk = chunkTokens.mlx[device] * hidden * liveArrays * floatBytes;
  return chunk + maxBatch * vocabulary * floatBytes * logitArrays;
}

const patchPixels = 14;
const visionArrays = 8;

/** One image of the largest size that the server hands on, as pixels and as patches in the encoder. */
export function visionBytes({ engine, hiddenSize }: MemoryFacts, maxDimension: number): number {
  if (engine !== 'mlx-vision') return 0;
  const pixels = maxDimension ** 2;
  const patches = Math.ceil(pixels / patchPixels ** 2);
  return pixels * 3 * floatBytes + patches * (hiddenSize ?? 0) * visionArrays * floatBytes;
}
