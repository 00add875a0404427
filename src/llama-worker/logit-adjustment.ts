// What is done to the logits before anything is chosen: bias, presence and frequency penalties as one additive bias,
// then the repetition penalty. Builds the settings for llama.cpp's samplers; evaluates nothing.
import type { Sampling } from '../core/index.ts';
import type { SamplerConfig } from './native.ts';

export type Adjustments = Pick<Sampling, 'logitBias' | 'presencePenalty' | 'frequencyPenalty' | 'repetitionPenalty'>;

export interface LogitAdjustment {
  /** A token of the answer, new or resumed: presence and frequency count it. */
  readonly count: (token: number) => void;
  /** The settings for the next token; `history` is prompt and answer so far. */
  readonly settings: (history: Uint32Array) => Partial<SamplerConfig>;
  /** False when the settings are the same for every token. */
  readonly changes: boolean;
}

export function createLogitAdjustment(adjustments: Adjustments, contextLength: number): LogitAdjustment {
  const { presencePenalty, frequencyPenalty, repetitionPenalty } = adjustments;
  const penalisesAnswer = presencePenalty !== 0 || frequencyPenalty !== 0;
  const penalisesHistory = repetitionPenalty !== 1;
  const places = new Map<number, number>();
  const counted = new Set<number>();
  let tokens = new Uint32Array(16);
  let values = new Float32Array(16);

  const add = (token: number, bias: number): void => {
    const place = places.get(token) ?? places.size;
    places.set(token, place);
    if (place === tokens.length) {
      tokens = grown(tokens, new Uint32Array(2 * place));
      values = grown(values, new Float32Array(2 * place));
    }
    tokens[place] = token;
    values[place] = (values[place] ?? 0) + bias;
  };
  for (const [token, bias] of adjustments.logitBias) add(token, bias);

  return {
    changes: penalisesAnswer || penalisesHistory,
    count: (token) => {
      if (!penalisesAnswer) return;
      add(token, -frequencyPenalty - (counted.has(token) ? 0 : presencePenalty));
      counted.add(token);
    },
    settings: (history) => ({
      ...(places.size > 0 && {
        tokenBiasKeys: tokens.subarray(0, places.size),
        tokenBiasValues: values.subarray(0, places.size),
      }),
      ...(penalisesHistory && {
        repeatPenalty: repetitionPenalty,
        repeatPenaltyMaxTokens: contextLength,
        repeatPenaltyTokens: history,
      }),
    }),
  };
}

function grown<T extends Uint32Array | Float32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}

/** Two ways to keep a token from being chosen. */
export const bias = {
  /** Impossible: for what a form forbids, of which some token is always left. */
  banned: -Infinity,
  /** No logit makes up for it. Where every token may be barred, infinity would leave nothing to compute with. */
  barred: -1e9,
} as const;

/** The settings with one more bias on each of these tokens. */
export function withBias(
  settings: Partial<SamplerConfig>,
  tokens: ArrayLike<number>,
  value: number,
): Partial<SamplerConfig> {
  if (tokens.length === 0) return settings;
  const { tokenBiasKeys = new Uint32Array(0), tokenBiasValues = new Float32Array(0) } = settings;
  const count = tokenBiasKeys.length;
  const keys = new Uint32Array(count + tokens.length);
  const values = new Float32Array(count + tokens.length).fill(value);
  keys.set(tokenBiasKeys);
  values.set(tokenBiasValues);
  keys.set(tokens, count);
  return { ...settings, tokenBiasKeys: keys, tokenBiasValues: values };
}
