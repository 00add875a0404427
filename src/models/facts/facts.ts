// What can be known of a model from its own files. What these do not say is null, never a guess.

export interface ModelFacts {
  /** `llama`, `qwen3`: what the engine calls it; `unknown` where the files do not say. */
  readonly architecture: string;
  /** Without what quantisation adds. */
  readonly parameters: number | null;
  /** Of most weights: `Q4_K_M`, `4-bit`, `bf16`. */
  readonly quantization: string | null;
  /** Tokens of prompt and answer together that it was made for. */
  readonly contextLength: number | null;
  readonly layers: number | null;
  /** Heads of keys and values; a list has one number a layer. Null also where what is kept of a token is no heads. */
  readonly kvHeads: number | readonly number[] | null;
  readonly headDim: number | null;
  readonly hiddenSize: number | null;
  readonly vocabularySize: number | null;
  /** Tokens; of some layers or all. */
  readonly slidingWindow: number | null;
  /** It sees here: no engine for GGUF files does. */
  readonly vision: boolean;
  readonly embeddings: boolean;
  /** Size of the `mmproj` file beside a GGUF file, which is not loaded. */
  readonly projectorBytes?: number;
}
