// A small model that proposes tokens to a larger one: loaded beside it, with one sequence of its own.
import type { Llama, LlamaModel } from 'node-llama-cpp';
import { chunkTokensFor } from './create-context.ts';
import { faultOfFile } from './load-failure.ts';
import { vocabularySizeOf } from './load-tokenizer.ts';
import { type Native, type NativeModel, nativeOf } from './native.ts';
import { threads } from './start-llama.ts';

export interface DraftModel {
  readonly native: Native;
  readonly vocabularySize: number;
  /** Tokens of prompt and answer that it can follow. */
  readonly contextLength: number;
  /** Tokens in one decode at the most. */
  readonly chunkTokens: number;
  readonly memoryBytes: number;
}

export interface DraftOptions {
  readonly llama: Llama;
  readonly path: string;
  readonly target: LlamaModel;
  readonly targetNative: NativeModel;
  readonly contextLength: number;
}

/** Padding by which the vocabularies of one family differ at their ends. */
const mostPadding = 128;

/** @throws Error for a model that cannot propose to this one */
export async function loadDraftModel(options: DraftOptions): Promise<DraftModel> {
  const { llama, path, target, targetNative } = options;
  if (target.fileInsights.isRecurrent) throw new Error('draft_model: this model keeps a state that cannot go back');
  const fault = await faultOfFile(path);
  if (fault !== null) throw new Error(`draft_model: ${fault}`);
  const model = await named(llama.loadModel({ modelPath: path }));
  if (model.fileInsights.isRecurrent) throw new Error('draft_model: it keeps a state that cannot go back');
  const contextLength = Math.min(options.contextLength, model.trainContextSize);
  const chunkTokens = chunkTokensFor(llama);
  const context = await named(
    model.createContext({
      contextSize: contextLength,
      batchSize: chunkTokens,
      threads,
      flashAttention: 'auto',
      swaFullCache: true,
      failedCreationRemedy: false,
    }),
  );
  const native = nativeOf(llama, model, context);
  const [vocabularySize, targetSize] = [vocabularySizeOf(model), vocabularySizeOf(target)];
  checkVocabulary({ draft: native.model, vocabularySize, target: targetNative, targetSize });
  const [weights, cells] = [native.model.getMemoryBreakdown(), native.context.getMemoryBreakdown()];
  const memoryBytes = weights.cpuRam + weights.gpuVram + cells.cpuRam + cells.gpuVram;
  return { native, vocabularySize, contextLength, chunkTokens, memoryBytes };
}

const named = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (cause) {
    throw new Error(`draft_model: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
};

interface Vocabularies {
  readonly draft: Pick<NativeModel, 'getTokenString'>;
  readonly vocabularySize: number;
  readonly target: Pick<NativeModel, 'getTokenString'>;
  readonly targetSize: number;
}

/** @throws Error where a token of the one is another token of the other */
export function checkVocabulary({ draft, vocabularySize, target, targetSize }: Vocabularies): void {
  const shared = Math.min(vocabularySize, targetSize);
  const agree =
    Math.max(vocabularySize, targetSize) - shared <= mostPadding &&
    Array.from({ length: shared }, (_, token) => token).every(
      (token) => draft.getTokenString(token) === target.getTokenString(token),
    );
  if (!agree) throw new Error('draft_model: its vocabulary is not that of this model');
}
