// One native batch a step for all sequences: decode, sample each greedily, again. Reaches below node-llama-cpp's public
// API, like the worker does, so that the baseline is not slowed by the wrapper's queues.
import type { Llama, LlamaContext, LlamaModel } from 'node-llama-cpp';
import type { BaselineStream } from './in-process.ts';
import type { Drive } from './in-process-llama.ts';

interface NativeContext {
  initBatch(tokens: number): void;
  addToBatch(sequence: number, position: number, tokens: Uint32Array, logitsAt: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  sampleToken(logit: number, sampler: NativeSampler): Promise<number>;
  removeTokenCellsFromSequence(sequence: number, from: number, to: number): boolean;
}

interface NativeSampler {
  applyConfig(config: { temperature: number; seed: number }): void;
}

export interface BatchDriverOptions {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  /** Tokens in one decode at the most. */
  readonly batchTokens: number;
  readonly isEnd: (token: number) => boolean;
}

interface Row {
  readonly id: number;
  readonly sampler: NativeSampler;
  pending: Uint32Array;
  position: number;
  logit: number | undefined;
  readonly stream: { firstTokenMs: number; lastTokenMs: number; tokens: number };
}

const noLogits = new Uint32Array(0);

/** Puts as much of every row's pending tokens into one batch as fits, runs it, and tells which rows may sample. */
async function decode(native: NativeContext, rows: readonly Row[], batchTokens: number): Promise<Row[]> {
  let room = batchTokens;
  const parts = rows.map((row) => {
    const tokens = row.pending.subarray(0, room);
    room -= tokens.length;
    return { row, tokens };
  });
  native.initBatch(batchTokens - room);
  for (const { row, tokens } of parts) {
    row.logit = undefined;
    if (tokens.length === 0) continue;
    const last = tokens.length === row.pending.length;
    const at = last ? Uint32Array.of(tokens.length - 1) : noLogits;
    row.logit = native.addToBatch(row.id, row.position, tokens, at)[0];
    row.position += tokens.length;
    row.pending = row.pending.subarray(tokens.length);
  }
  await native.decodeBatch();
  return rows.filter(({ logit }) => logit !== undefined);
}

export function createBatchDriver({ llama, model, context, batchTokens, isEnd }: BatchDriverOptions): Drive {
  const native = Reflect.get(context, '_ctx') as NativeContext;
  const bindings = Reflect.get(llama, '_bindings') as { AddonSampler: new (model: unknown) => NativeSampler };
  const nativeModel: unknown = Reflect.get(model, '_model');
  const createSampler = (): NativeSampler => {
    const sampler = new bindings.AddonSampler(nativeModel);
    sampler.applyConfig({ temperature: 0, seed: 0 });
    return sampler;
  };
  const samplers: NativeSampler[] = [];

  return async (prompts, maxTokens): Promise<readonly BaselineStream[]> => {
    const beganMs = performance.now();
    const rows = prompts.map((prompt, id): Row => {
      native.removeTokenCellsFromSequence(id, -1, -1);
      samplers[id] ??= createSampler();
      const stream = { firstTokenMs: 0, lastTokenMs: 0, tokens: 0 };
      return { id, sampler: samplers[id], pending: Uint32Array.from(prompt), position: 0, logit: undefined, stream };
    });
    for (let running = rows; running.length > 0; running = running.filter(({ pending }) => pending.length > 0)) {
      const sampling = await decode(native, running, batchTokens);
      const tokens = await Promise.all(sampling.map(({ logit, sampler }) => native.sampleToken(logit ?? -1, sampler)));
      const nowMs = performance.now() - beganMs;
      sampling.forEach(({ stream }) => {
        if (stream.tokens === 0) stream.firstTokenMs = nowMs;
        stream.lastTokenMs = nowMs;
        stream.tokens += 1;
      });
      sampling.forEach((row, index) => {
        const token = tokens[index]!;
        if (isEnd(token)) throw new Error('the model ended its answer; the benchmark needs it to go on');
        if (row.stream.tokens < maxTokens) row.pending = Uint32Array.of(token);
      });
    }
    return rows.map(({ stream }) => stream);
  };
}
