// How a model is to be loaded so that it cannot outgrow the memory there is: its context, the tokens that its cache may
// hold, the prompts it may keep, and what all of it takes. Pure; engine-memory.ts knows the engines.
import {
  activationBytes,
  cacheBytes,
  cacheBytesPerToken,
  type Device,
  processBytesOf,
  visionBytes,
  weightBytesOf,
} from './engine-memory.ts';
import type { MemoryFacts } from './memory-facts.ts';

export interface LoadWish {
  readonly device: Device;
  /** Ordered by the operator, who gets it or a refusal; null: as much of the model's own as is reasonable. */
  readonly contextLength: number | null;
  /** Requests that may run together. */
  readonly maxBatch: number;
  /** What kept prompts may take at the most. */
  readonly promptCacheBytes: number;
  /** Longer side of the largest image. */
  readonly imageDimension: number;
  /** Bits of a number in the cache; null: as wide as the engine has it. */
  readonly kvBits: 4 | 8 | null;
  /** The model that proposes tokens to it: in the same process, with a cache of its own. */
  readonly draft: MemoryFacts | null;
}

export const memoryParts = ['process', 'weights', 'kvCache', 'activations', 'vision', 'promptCache'] as const;
export type MemoryPart = (typeof memoryParts)[number];

/** In bytes. */
export type MemoryNeed = Readonly<Record<MemoryPart, number>>;

export interface LoadPlan {
  /** Tokens of prompt and answer that a request may have; null leaves it to the worker. */
  readonly contextLength: number | null;
  /** What the model was made for, where nobody ordered less; null where the files do not say, or somebody did. */
  readonly ownContextLength: number | null;
  /** Tokens that the caches of all sequences may hold together; null where the files do not say what a token takes. */
  readonly cacheTokens: number | null;
  readonly promptCacheBytes: number;
  readonly need: MemoryNeed;
  readonly needBytes: number;
}

/** Not even the least that is of use fits: `needBytes` would be needed. */
export interface LoadTooLarge {
  readonly tooLarge: true;
  readonly contextLength: number | null;
  readonly needBytes: number;
}

/** Where nobody ordered a context, it is not cut below this. */
const usefulContext = 4096;
/** Of what weights and process leave, the share that a cache takes which nobody ordered. */
const unorderedShare = 0.5;
/** llama.cpp touches every cell at the load, so what nobody ordered is kept in proportion to the model. */
const llamaUnorderedBytes = 2 * 1024 ** 3;
const llamaUnorderedWeights = 2;
/** As llama's worker has it: of the sequences that run together, how many more can be paused. */
const pausableShare = 0.25;
const padding = 256;

/** Without a shape: a fifth of the weights for cache and activations, and half a gigabyte for the process. */
const unknownCacheShare = 0.2;
const unknownProcessBytes = 512 * 1024 ** 2;

export const totalOf = (need: MemoryNeed): number => memoryParts.reduce((sum, part) => sum + need[part], 0);

/** The largest load of `facts` within `limitBytes` that follows `wish`. */
export function planLoad(facts: MemoryFacts, wish: LoadWish, limitBytes: number): LoadPlan | LoadTooLarge {
  if (facts.embeds || bytesPerToken(facts, wish) === null) return planUnknown(facts, wish, limitBytes);
  const own = facts.contextLength ?? wish.contextLength ?? usefulContext;
  const ordered = wish.contextLength === null ? null : Math.min(wish.contextLength, own);
  const least = ordered ?? Math.min(own, usefulContext);
  const smallest = describe(facts, wish, { contextLength: least, cacheTokens: least, promptTokens: 0 });
  if (smallest.needBytes > limitBytes) return { tooLarge: true, contextLength: least, needBytes: smallest.needBytes };
  const restBytes = limitBytes - (smallest.needBytes - smallest.need.kvCache);
  const cacheTokens = Math.max(
    least,
    Math.min(wantedTokens(facts, wish, own, ordered), affordable(facts, wish, restBytes)),
  );
  const contextLength = ordered ?? Math.min(own, Math.max(least, Math.floor(cacheTokens / padding) * padding));
  const plan = describe(facts, wish, { contextLength, cacheTokens, promptTokens: cacheTokens });
  const fitting =
    plan.needBytes <= limitBytes ? plan : describe(facts, wish, { contextLength, cacheTokens, promptTokens: 0 });
  return { ...fitting, ownContextLength: ordered === null ? own : null };
}

/**
 * What a model loaded as `plan` takes once one prompt as long as its context has run; null where the files do not say.
 * llama.cpp has allocated all cells by then, MLX those of the prompt.
 */
export function needAfterPrompt(facts: MemoryFacts, wish: LoadWish, plan: LoadPlan): MemoryNeed | null {
  const { contextLength, cacheTokens } = plan;
  if (contextLength === null || cacheTokens === null) return null;
  const tokens = facts.engine === 'llama' ? cacheTokens : contextLength;
  return describe(facts, wish, { contextLength, cacheTokens: tokens, promptTokens: 0 }).need;
}

/** Tokens that would be of use: for llama.cpp all sequences in full, as it allocates them; else one in full, or all in part. */
function wantedTokens({ engine }: MemoryFacts, { maxBatch }: LoadWish, own: number, ordered: number | null): number {
  const context = ordered ?? own;
  if (engine === 'llama') return context * (maxBatch + Math.ceil(maxBatch * pausableShare));
  return Math.max(context, maxBatch * Math.min(context, usefulContext));
}

/** Of the model and its draft together. */
function bytesPerToken(facts: MemoryFacts, { device, kvBits, draft }: LoadWish): number | null {
  const own = cacheBytesPerToken(facts, device, kvBits);
  if (own === null || draft === null) return own;
  return own + (cacheBytesPerToken(draft, device, null) ?? own);
}

function affordable(facts: MemoryFacts, wish: LoadWish, restBytes: number): number {
  const inProportion = facts.engine === 'llama' && wish.contextLength === null;
  const bytes = inProportion ? llamaShare(facts, restBytes) : restBytes * unorderedShare;
  const perToken = cacheBytes(facts.engine, wish.device, padding, bytesPerToken(facts, wish) ?? 0) / padding;
  return Math.floor(bytes / perToken / padding) * padding;
}

const llamaShare = ({ weightBytes }: MemoryFacts, restBytes: number): number =>
  Math.min(restBytes * unorderedShare, Math.max(llamaUnorderedBytes, weightBytes * llamaUnorderedWeights));

interface Sizes {
  readonly contextLength: number;
  readonly cacheTokens: number;
  /** Tokens whose cache may be kept for prompts to come. */
  readonly promptTokens: number;
}

function describe(facts: MemoryFacts, wish: LoadWish, { contextLength, cacheTokens, promptTokens }: Sizes): LoadPlan {
  const { device, draft } = wish;
  const perToken = bytesPerToken(facts, wish) ?? 0;
  // llama.cpp keeps prompts in the cells it has, and wants to hear only whether to.
  const inCells = facts.engine === 'llama';
  const promptCacheBytes = inCells
    ? wish.promptCacheBytes
    : Math.min(wish.promptCacheBytes, Math.floor(promptTokens * perToken));
  const need: MemoryNeed = {
    process: processBytesOf(facts.engine),
    weights: weightBytesOf(facts, device) + (draft === null ? 0 : weightBytesOf(draft, device)),
    kvCache: cacheBytes(facts.engine, device, cacheTokens, perToken),
    activations: activationBytes(facts, device, wish.maxBatch),
    vision: visionBytes(facts, wish.imageDimension),
    promptCache: inCells ? 0 : promptCacheBytes,
  };
  return { contextLength, ownContextLength: null, cacheTokens, promptCacheBytes, need, needBytes: totalOf(need) };
}

/** Embedding models, which have no cache to speak of, too. */
function planUnknown(facts: MemoryFacts, wish: LoadWish, limitBytes: number): LoadPlan | LoadTooLarge {
  const { weightBytes } = facts;
  const promptCacheBytes = Math.min(wish.promptCacheBytes, Math.ceil(weightBytes * unknownCacheShare));
  const need: MemoryNeed = {
    process: unknownProcessBytes,
    weights: weightBytes,
    kvCache: Math.ceil(weightBytes * unknownCacheShare),
    activations: 0,
    vision: 0,
    promptCache: facts.embeds ? 0 : promptCacheBytes,
  };
  const needBytes = totalOf(need);
  const { contextLength: own } = facts;
  const contextLength = own === null ? wish.contextLength : Math.min(own, wish.contextLength ?? own);
  if (needBytes > limitBytes) return { tooLarge: true, contextLength, needBytes };
  return { contextLength, ownContextLength: null, cacheTokens: null, promptCacheBytes, need, needBytes };
}
