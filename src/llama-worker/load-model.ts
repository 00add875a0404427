// A GGUF file → everything the engine needs, loaded once. Owns the choice of chunk, and what a request asks of the model.
import type { Llama } from 'node-llama-cpp';
import type { Load } from '../ipc/index.ts';
import { applyAdapter, loadAdapter } from './adapter.ts';
import { chunkTokensFor, createContext } from './create-context.ts';
import { type DraftModel, loadDraftModel } from './draft-model.ts';
import { createFormCompiler, type FormCompiler } from './form-compiler.ts';
import { createGrammarThread } from './grammar-thread.ts';
import { checkKvBits } from './kv-cache.ts';
import { type TokenizerOptions, tokenizerOf } from './load-tokenizer.ts';
import { type Native, nativeOf } from './native.ts';
import type { PromptTokenizer } from './prompt.ts';
import { type Ready, readyFrame } from './ready-frame.ts';
import { startLlama } from './start-llama.ts';
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
  /** Proposes tokens while one sequence runs alone. */
  readonly draft: DraftModel | null;
  readonly ready: Ready;
}

const tailTokensFor = (llama: Llama, load: Load): number =>
  llama.gpu === false && load.decodeStallTargetMs === null ? chunkTokensFor(llama) - 1 : 0;

const gpuStallTargetMs = 500;

/** @throws Error when the file is no model that llama.cpp can run, or the memory is not there */
export async function loadModel({ load, log }: TokenizerOptions): Promise<LoadedModel> {
  let lastLine = '';
  const llama = await startLlama((line) => {
    lastLine = line;
    log(line);
  });
  const model = await llama.loadModel({ modelPath: load.path });
  const { adapterPath: path, kvBits } = load;
  const adapter = path === undefined ? null : await loadAdapter({ llama, model, path, lastLine: () => lastLine });
  if (kvBits !== undefined) await checkKvBits(model, kvBits);
  const { context, plan } = await createContext(llama, model, load);
  const native = nativeOf(llama, model, context);
  if (adapter !== null) await applyAdapter(native, adapter);
  const tokenizer = await tokenizerOf(model, native.model, { load, log });
  const { vocabularySize } = tokenizer;
  const contextLength = Math.min(context.contextSize, model.trainContextSize, load.contextLength ?? Infinity);
  const draft =
    load.draftPath === undefined
      ? null
      : await loadDraftModel({ llama, path: load.draftPath, target: model, targetNative: native.model, contextLength });
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
    draft,
    forms: createFormCompiler({ model: native.model, vocabularySize, pieceOf, thread: createGrammarThread() }),
    ready: await readyFrame({
      llama,
      contextLength,
      vocabularySize,
      sequences: plan.sequences,
      pausable: plan.pausable,
      memoryBytes: weights.cpuRam + weights.gpuVram + cellBytes + (adapter?.bytes ?? 0) + (draft?.memoryBytes ?? 0),
    }),
  };
}
