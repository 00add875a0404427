// The two unions that cross a worker's pipes. Described for other languages in protocol/worker-protocol.md.
// Parsed on send and on receive, so a drift between the programs fails at the frame that shows it.
import { z } from 'zod';
import {
  constraintForm,
  count,
  embeddingInput,
  ending,
  generationInput,
  requestId,
  sampling,
  tokenIds,
} from './message-parts.ts';
import { ProtocolError } from './protocol-error.ts';

/** Changed whenever a frame changes its meaning; a worker with another version is not used. */
export const protocolVersion = 3;

const purpose = z.enum(['generate', 'tokenize', 'embed']);

const toWorkerSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('load'),
    protocol: count,
    workerId: z.string(),
    model: z.string(),
    /** Folder of safetensors files, or one GGUF file. */
    path: z.string(),
    /** Upper bound on prompt + answer in tokens; null takes the model's own. */
    contextLength: count.nullable(),
    /** Sequences that may run together. */
    maxBatch: count.positive(),
    /** Bytes the prefix cache may keep; 0 turns it off. */
    promptCacheBytes: count,
    /** Tokens that the KV caches of all sequences may hold together; absent: as many as the worker finds room for. */
    cacheTokens: count.positive().optional(),
    /** How long a prefill chunk may keep those who decode waiting; null leaves it to the worker. */
    decodeStallTargetMs: count.positive().nullable(),
    /** What is asked of the model; absent: `generate`. For `tokenize` no weights are read. */
    purpose: purpose.optional(),
    /** Bits of a number in the KV cache; absent: those that the model computes with. */
    kvBits: z.union([z.literal(4), z.literal(8)]).optional(),
    /** A model that proposes tokens, in the form of `path`. */
    draftPath: z.string().optional(),
    /** A LoRA adapter: a folder, or one GGUF file. */
    adapterPath: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('generate'),
    id: requestId,
    input: generationInput,
    sampling,
    stop: z.array(z.string().min(1)),
    /** 0 reads the prompt and answers nothing: for its logprobs. */
    maxTokens: count.nullable(),
    topLogprobs: count.nullable(),
    constraint: z.strictObject({ form: constraintForm, after: z.string().nullable() }).nullable(),
    /** Tokens of this answer that were delivered already; the worker goes on behind them. */
    resume: tokenIds,
    ending: ending.optional(),
    /** Tokens of the answer, resumed ones included, behind which the sequence leaves, as if cancelled, to come back. */
    breakAfter: count.optional(),
    /** Text that the answer goes on with behind `resume`, as if the model had written it; special tokens count as such. */
    goOnWith: z.string().min(1).max(1024).optional(),
    /** Alternatives that each prompt token comes with; absent: no logprobs of the prompt. */
    promptLogprobs: count.optional(),
  }),
  z.strictObject({ type: z.literal('tokenize'), id: requestId, input: generationInput, addSpecial: z.boolean() }),
  z.strictObject({ type: z.literal('detokenize'), id: requestId, tokenIds }),
  z.strictObject({ type: z.literal('embed'), id: requestId, inputs: z.array(embeddingInput).min(1) }),
  z.strictObject({ type: z.literal('cancel'), id: requestId }),
  /** Take a sequence out of the running batch with its KV cache kept; answered by `paused`. */
  z.strictObject({ type: z.literal('pause'), id: requestId }),
  z.strictObject({ type: z.literal('continue'), id: requestId }),
  z.strictObject({ type: z.literal('ping'), nonce: count }),
  z.strictObject({ type: z.literal('shutdown') }),
]);

const tokenLogprob = { tokenId: count, text: z.string(), logprob: z.number() };

const promptEntry = z.strictObject({
  ...tokenLogprob,
  /** Null for the first token of a prompt, which nothing precedes. */
  logprob: z.number().nullable(),
  top: z.array(z.strictObject(tokenLogprob)),
});

const delta = z.strictObject({
  id: requestId,
  tokenIds,
  text: z.string(),
  logprobs: z.array(z.strictObject({ ...tokenLogprob, top: z.array(z.strictObject(tokenLogprob)) })).optional(),
});

/** What went wrong with one request, or (id null) with the worker as a whole. */
const workerErrorCode = z.enum([
  'invalid_request',
  'context_length_exceeded',
  'model_unsupported',
  'load_failed',
  'internal',
]);

const fromWorkerSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('ready'),
    protocol: count,
    engine: z.string(),
    engineVersion: z.string(),
    device: z.string(),
    contextLength: count.positive(),
    vocabularySize: count.positive(),
    /** Sequences that can run together: at most what `load` asked for. */
    sequences: count.positive(),
    /** Sequences that may be paused at once, beside those that run; 0 cannot pause. */
    pausable: count,
    /** Bytes held by weights and buffers after the load. */
    memoryBytes: count,
  }),
  z.strictObject({
    type: z.literal('prefill-progress'),
    id: requestId,
    processed: count,
    total: count,
    cached: count,
    /** The text of the last tokens of a chat's prompt. */
    promptEnd: z.string().max(4096).optional(),
  }),
  z.strictObject({ type: z.literal('prompt-logprobs'), id: requestId, entries: z.array(promptEntry) }),
  z.strictObject({ type: z.literal('step'), deltas: z.array(delta) }),
  z.strictObject({ type: z.literal('paused'), id: requestId }),
  z.strictObject({
    type: z.literal('end'),
    id: requestId,
    finishReason: z.enum(['stop', 'length', 'cancelled']),
    stopSequence: z.string().nullable(),
    usage: z.strictObject({ promptTokens: count, cachedTokens: count, completionTokens: count }),
    timings: z.strictObject({ prefillMs: z.number().nonnegative(), decodeMs: z.number().nonnegative() }),
  }),
  z.strictObject({
    type: z.literal('error'),
    id: requestId.nullable(),
    code: workerErrorCode,
    message: z.string().max(4096),
    param: z.string().nullable(),
  }),
  z.strictObject({ type: z.literal('pong'), nonce: count }),
  z.strictObject({ type: z.literal('tokens'), id: requestId, tokenIds }),
  z.strictObject({ type: z.literal('text'), id: requestId, text: z.string() }),
  z.strictObject({
    type: z.literal('embeddings'),
    id: requestId,
    dimensions: count.positive(),
    /** One vector an input, float32, little-endian, one behind the other. */
    vectors: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'no bytes'),
    tokenCounts: z.array(count),
  }),
]);

export type ToWorker = z.infer<typeof toWorkerSchema>;
export type FromWorker = z.infer<typeof fromWorkerSchema>;
export type WorkerErrorCode = z.infer<typeof workerErrorCode>;
export type Load = Extract<ToWorker, { type: 'load' }>;
export type Generate = Extract<ToWorker, { type: 'generate' }>;
/** What a worker answers with one frame. */
export type Question = Extract<ToWorker, { type: 'tokenize' | 'detokenize' | 'embed' }>;
export type Reply = Extract<FromWorker, { type: 'tokens' | 'text' | 'embeddings' }>;
export type WorkerPurpose = z.infer<typeof purpose>;
export type StepDelta = z.infer<typeof delta>;

function parseWith<T>(schema: z.ZodType<T>, direction: string, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ProtocolError(`${direction}: ${issue?.path.join('.') || 'frame'}: ${issue?.message ?? 'malformed'}`);
}

/** @throws ProtocolError */
export const parseToWorker = (value: unknown): ToWorker => parseWith(toWorkerSchema, 'to worker', value);

/** @throws ProtocolError */
export const parseFromWorker = (value: unknown): FromWorker => parseWith(fromWorkerSchema, 'from worker', value);
