// config.json of a folder of safetensors → the facts it states. Pure.
import type { ModelFacts } from './facts.ts';
import { headsByLayer, most, wholeNumber } from './number-in.ts';

export type Config = Readonly<Record<string, unknown>>;

type ConfigFacts = Omit<ModelFacts, 'parameters' | 'vision' | 'embeddings' | 'projectorBytes'>;

const texts = ['text_config', 'llm_config', 'language_config'];

/** A model that sees describes its writing half in a part of its own; what is not there stands beside it. */
export function configFacts(config: Config): ConfigFacts {
  const written = record(texts.map((key) => config[key]).find((part) => part !== undefined));
  const first = (...keys: string[]): unknown =>
    keys.map((key) => written[key] ?? config[key]).find((value) => value !== undefined && value !== null);
  const heads = wholeNumber(first('num_attention_heads', 'n_head', 'n_heads'), most.heads);
  const hiddenSize = wholeNumber(first('hidden_size', 'n_embd', 'd_model', 'dim'), most.hiddenSize);
  const share = heads !== null && hiddenSize !== null && hiddenSize % heads === 0 ? hiddenSize / heads : null;
  const isCompressed = first('kv_lora_rank') !== undefined; // Its cache holds one latent vector a token, no heads.
  return {
    architecture: architectureOf(config),
    quantization: quantizationOf(config) ?? dtypes[String(first('dtype', 'torch_dtype'))] ?? null,
    contextLength: wholeNumber(
      first('max_position_embeddings', 'n_positions', 'max_seq_len', 'max_sequence_length', 'seq_length'),
      most.context,
    ),
    layers: wholeNumber(first('num_hidden_layers', 'n_layer', 'n_layers', 'num_layers'), most.layers),
    kvHeads: isCompressed
      ? null
      : kvHeadsOf(first('num_key_value_heads', 'num_kv_heads', 'n_head_kv'), heads, first('multi_query')),
    headDim: isCompressed ? null : (wholeNumber(first('head_dim'), most.headDim) ?? share),
    hiddenSize,
    vocabularySize: wholeNumber(first('vocab_size', 'n_vocab'), most.vocabulary),
    slidingWindow: first('use_sliding_window') === false ? null : wholeNumber(first('sliding_window'), most.context),
  };
}

/** Without a word of their own, keys have as many heads as queries, or one where queries share it. */
function kvHeadsOf(stated: unknown, heads: number | null, multiQuery: unknown): ModelFacts['kvHeads'] {
  if (stated !== undefined) return wholeNumber(stated, most.heads) ?? headsByLayer(stated);
  return multiQuery === true ? 1 : heads;
}

function architectureOf({ model_type: type, architectures }: Config): string {
  if (typeof type === 'string' && type !== '') return type;
  const named: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  return typeof named === 'string' && named !== '' ? named : 'unknown';
}

const dtypes: Readonly<Record<string, string>> = { bfloat16: 'bf16', float16: 'f16', float32: 'f32' };

/** MLX writes `quantization`, and lately `quantization_config` beside it; other makers the latter alone. */
function quantizationOf(config: Config): string | null {
  const stated = record(config.quantization ?? config.quantization_config);
  const { mode, quant_method: method } = stated;
  if (typeof mode === 'string' && mode !== 'affine') return mode;
  const bits = wholeNumber(stated.bits, 16);
  if (bits !== null) return `${bits}-bit`;
  return typeof method === 'string' && method !== '' ? method : null;
}

/** How many bits hold a weight of the layer `path`, which may have a word of its own; null where nothing is said. */
export function bitsOf(config: Config, path: string): number | null {
  const stated = record(config.quantization ?? config.quantization_config);
  return wholeNumber(record(stated[path]).bits, 32) ?? wholeNumber(stated.bits, 32);
}

const record = (value: unknown): Config => (typeof value === 'object' && value !== null ? (value as Config) : {});
