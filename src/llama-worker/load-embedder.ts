// A GGUF file → vectors of texts, by llama.cpp's own pooling. One text after another, each normalised.
import type { LlamaEmbeddingContext, Token } from 'node-llama-cpp';
import { ServerError } from '../core/index.ts';
import type { FromWorker, Question } from '../ipc/index.ts';
import { errorFrame } from './error-frame.ts';
import { type TokenizerOptions, vocabularySizeOf } from './load-tokenizer.ts';
import { nativeModelOf } from './native.ts';
import { checkTokenIds } from './prompt.ts';
import { type Ready, readyFrame } from './ready-frame.ts';
import { startLlama, threads } from './start-llama.ts';

export interface LoadedEmbedder {
  readonly answer: (question: Question) => Promise<FromWorker>;
  readonly ready: Ready;
}

/** What one text may cost in memory is bounded by the context, not by what the model was trained for alone. */
const longestContext = 8192;

/** @throws Error when the file is no model that llama.cpp can run, or the memory is not there */
export async function loadEmbedder({ load, log }: TokenizerOptions): Promise<LoadedEmbedder> {
  const llama = await startLlama(log);
  const model = await llama.loadModel({ modelPath: load.path });
  const contextLength = Math.min(model.trainContextSize, load.contextLength ?? longestContext, longestContext);
  // A text must fit one batch: most encoders look both ways. One token is kept free by the library.
  const context = await model.createEmbeddingContext({
    contextSize: contextLength + 1,
    batchSize: contextLength + 1,
    threads,
  });
  const vocabularySize = vocabularySizeOf(model);
  const memory = nativeModelOf(model).getMemoryBreakdown();
  const tokensOf = (input: string | readonly number[]): Token[] => {
    if (typeof input === 'string') return model.tokenize(input);
    checkTokenIds(input, vocabularySize, 'input');
    return input as Token[];
  };
  return {
    answer: (question) => answerWith({ context, tokensOf, contextLength }, question),
    ready: await readyFrame({
      llama,
      contextLength,
      vocabularySize,
      memoryBytes: memory.cpuRam + memory.gpuVram,
    }),
  };
}

interface Embedding {
  readonly context: LlamaEmbeddingContext;
  readonly tokensOf: (input: string | readonly number[]) => Token[];
  readonly contextLength: number;
}

async function answerWith(embedding: Embedding, question: Question): Promise<FromWorker> {
  const { id } = question;
  try {
    if (question.type !== 'embed') throw new ServerError('model_unsupported', 'This worker makes embeddings alone.');
    const tokenCounts: number[] = [];
    const vectors: Float32Array[] = [];
    for (const input of question.inputs) {
      const tokens = embedding.tokensOf(input);
      tokenCounts.push(checkedLength(embedding, tokens));
      vectors.push(normalised((await embedding.context.getEmbeddingFor(tokens)).vector));
    }
    const bytes = Buffer.concat(vectors.map(({ buffer }) => Buffer.from(buffer)));
    return { type: 'embeddings', id, dimensions: vectors[0]!.length, vectors: bytes, tokenCounts };
  } catch (error) {
    return errorFrame(id, error);
  }
}

/** Tokens with the special ones that the model wants around them. @throws ServerError */
function checkedLength({ context, contextLength }: Embedding, tokens: Token[]): number {
  if (tokens.length === 0) throw new ServerError('invalid_request', 'An input is empty.', { param: 'input' });
  const length = context.calculateInputLength([...tokens]);
  if (length <= contextLength) return length;
  const text = `An input has ${length} tokens; this model takes ${contextLength}.`;
  throw new ServerError('context_length_exceeded', text, { param: 'input' });
}

function normalised(vector: readonly number[]): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(vector, (value) => value / Math.max(length, 1e-12));
}
