// The headers of a model's GGUF files → its facts. The names of keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

import type { ModelFacts } from './facts.ts';
import type { GgufHeader } from './header-thread.ts';
import { headsByLayer, most, wholeNumber } from './number-in.ts';

/** `headers` of all parts, the first of which describes the model. */
export function ggufFacts(headers: readonly GgufHeader[]): ModelFacts {
  const [first] = headers;
  const facts = first?.facts ?? {};
  const named = facts['general.architecture'];
  const architecture = typeof named === 'string' && named !== '' ? named : 'unknown';
  const of = (key: string): unknown => facts[`${architecture}.${key}`];
  const heads = wholeNumber(of('attention.head_count'), most.heads);
  const hiddenSize = wholeNumber(of('embedding_length'), most.hiddenSize);
  // As llama.cpp has it: without a word of their own, keys have as many heads as queries, which share out the width.
  const kvHeads = of('attention.head_count_kv') ?? of('attention.head_count');
  const share = heads !== null && hiddenSize !== null && hiddenSize % heads === 0 ? hiddenSize / heads : null;
  const vocabulary = of('vocab_size') ?? first?.listLengths['tokenizer.ggml.tokens'];
  return {
    architecture,
    parameters: headers.reduce((sum, header) => sum + header.parameters, 0) || null,
    quantization: first?.quantization ?? null,
    contextLength: wholeNumber(of('context_length'), most.context),
    layers: wholeNumber(of('block_count'), most.layers),
    kvHeads: wholeNumber(kvHeads, most.heads) ?? headsByLayer(kvHeads),
    headDim: wholeNumber(of('attention.key_length'), most.headDim) ?? share,
    hiddenSize,
    vocabularySize: wholeNumber(vocabulary, most.vocabulary),
    slidingWindow: wholeNumber(of('attention.sliding_window'), most.context),
    vision: false,
    embeddings: of('pooling_type') !== undefined,
  };
}
