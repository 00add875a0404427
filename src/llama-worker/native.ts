// The llama.cpp objects inside node-llama-cpp's wrappers. The worker drives them itself: one batch, one decode and one
// sampling pass a step; the wrapper's generators cannot change the seed, the chunk or the frame from token to token.
// These members are internal to node-llama-cpp, so its version is pinned and every member used is checked at load.
import type { Llama, LlamaContext, LlamaModel } from 'node-llama-cpp';

/** Sampler settings as the addon reads them. An absent key switches that sampler off. */
export interface SamplerConfig {
  temperature: number;
  minP?: number;
  topK?: number;
  /** Unsigned 32 bits; 2^32 - 1 means "random" to llama.cpp. */
  seed: number;
  repeatPenalty?: number;
  repeatPenaltyMaxTokens?: number;
  repeatPenaltyTokens?: Uint32Array;
  tokenBiasKeys?: Uint32Array;
  tokenBiasValues?: Float32Array;
}

export interface NativeSampler {
  applyConfig(config: SamplerConfig): void;
  dispose(): void;
}

/** Which logits to hand back: [these tokens, highest, lowest, the selected one, this many from the top]. */
type LogitFilter = readonly [tokens: readonly number[], max: false, min: false, selected: false, top: number];

/** [token, probabilities, confidence, [token, logit, token, logit, …], sum of exp(logit - highest logit)] */
type SampledDetails = readonly [
  token: number,
  probabilities: undefined,
  confidence: undefined,
  logits: readonly number[] | undefined,
  totalWeight: number | undefined,
];

export interface NativeContext {
  initBatch(tokens: number): void;
  /** Returns the index of each wanted logit in the batch. */
  addToBatch(sequence: number, position: number, tokens: Uint32Array, logitsAt: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  /** -1 when nothing could be sampled. */
  sampleToken(logit: number, sampler: NativeSampler): Promise<number>;
  sampleToken(
    logit: number,
    sampler: NativeSampler,
    probabilities: false,
    confidence: false,
    logits: LogitFilter | false,
    totalWeight: boolean,
  ): Promise<SampledDetails>;
  /** Removes positions [from, to) of a sequence, -1 for an open end. False when the model's memory cannot do that. */
  removeTokenCellsFromSequence(sequence: number, from: number, to: number): boolean;
  getSequenceKvCacheMinPosition(sequence: number): number;
  copySequenceStateFromOtherSequence(target: number, source: number): Promise<number>;
  getContextSize(): number;
  getMemoryBreakdown(): { cpuRam: number; gpuVram: number };
  /** In place of those before; each weighs its scale. */
  setLoras(adapters: readonly NativeAdapter[], scales: readonly number[]): void;
}

/** A LoRA adapter in memory; opaque. */
export interface NativeAdapter {
  readonly filePath: string;
}

export interface NativeModel {
  tokenize(text: string, parseSpecial: boolean): Uint32Array;
  detokenize(tokens: Uint32Array, special: boolean): string;
  getTokenString(token: number): string | undefined;
  /** Bits of llama.cpp's llama_token_attr. */
  getTokenAttributes(token: number): number;
  isEogToken(token: number): boolean;
  getMemoryBreakdown(): { cpuRam: number; gpuVram: number };
  /** Rejects for a file that is no adapter of this model. */
  loadLora(adapter: NativeAdapter): Promise<void>;
}

export interface Native {
  readonly context: NativeContext;
  readonly model: NativeModel;
  readonly createSampler: () => NativeSampler;
}

const contextMethods = [
  'initBatch',
  'addToBatch',
  'decodeBatch',
  'sampleToken',
  'removeTokenCellsFromSequence',
  'getSequenceKvCacheMinPosition',
  'copySequenceStateFromOtherSequence',
  'getContextSize',
  'getMemoryBreakdown',
  'setLoras',
] as const satisfies readonly (keyof NativeContext)[];

const modelMethods = [
  'tokenize',
  'detokenize',
  'getTokenString',
  'getTokenAttributes',
  'isEogToken',
  'getMemoryBreakdown',
  'loadLora',
] as const satisfies readonly (keyof NativeModel)[];

function internal<T>(owner: object, name: string, methods: readonly string[]): T {
  const inner: unknown = Reflect.get(owner, name);
  for (const method of methods) {
    if (typeof inner !== 'object' || inner === null || typeof Reflect.get(inner, method) !== 'function') {
      throw new Error(`this node-llama-cpp has no ${name}.${method}`);
    }
  }
  return inner as T;
}

/** @throws Error when node-llama-cpp is not the version this worker was written against. */
export const nativeModelOf = (model: LlamaModel): NativeModel => internal(model, '_model', modelMethods);

/** @throws Error when node-llama-cpp is not the version this worker was written against. */
export const nativeContextOf = (context: LlamaContext): NativeContext => internal(context, '_ctx', contextMethods);

const bindingsOf = (llama: Llama): unknown => Reflect.get(llama, '_bindings');

/** `loaded` rejects for a file that is no adapter of this model. */
export function newAdapter(
  llama: Llama,
  model: LlamaModel,
  path: string,
): { native: NativeAdapter; loaded: Promise<void> } {
  const nativeModel = nativeModelOf(model);
  const Adapter = bound<new (model: NativeModel, path: string) => NativeAdapter>(bindingsOf(llama), 'AddonModelLora');
  const native = new Adapter(nativeModel, path);
  return { native, loaded: nativeModel.loadLora(native) };
}

/** @throws Error when node-llama-cpp is not the version this worker was written against. */
export function nativeOf(llama: Llama, model: LlamaModel, context: LlamaContext): Native {
  const nativeModel = nativeModelOf(model);
  const bindings = bindingsOf(llama);
  const Sampler = bound<new (model: NativeModel) => NativeSampler>(bindings, 'AddonSampler');
  return {
    context: nativeContextOf(context),
    model: nativeModel,
    createSampler: () => new Sampler(nativeModel),
  };
}

function bound<T>(bindings: unknown, name: string): T {
  const found: unknown = Reflect.get(Object(bindings), name);
  if (typeof found !== 'function') throw new Error(`this node-llama-cpp has no ${name}`);
  return found as T;
}
