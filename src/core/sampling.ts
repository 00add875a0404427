// How the next token is chosen. Used by requests (every field may be absent) and by workers (every field is set).

/** Sampling as a worker executes it. Ranges are those of the HTTP API; see docs/api.md. */
export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  /** Nucleus mass in (0, 1]; 1 is off. */
  readonly topP: number;
  /** Number of candidates kept; 0 is off. */
  readonly topK: number;
  /** Smallest probability kept, relative to the most likely token; 0 is off. */
  readonly minP: number;
  /** Seed of the random sequence, 0 to 2^53 - 1; the number at a position depends on (seed, position) alone. */
  readonly seed: number;
  /** Multiplicative penalty on tokens already seen; 1 is off. */
  readonly repetitionPenalty: number;
  /** Subtracted once from the logit of each token already generated; 0 is off. */
  readonly presencePenalty: number;
  /** Subtracted from the logit of a token for each time that it was generated; 0 is off. */
  readonly frequencyPenalty: number;
  /** Added to logits: pairs of token id and bias, -100 to 100. */
  readonly logitBias: readonly (readonly [tokenId: number, bias: number])[];
}

/** What a request says about sampling; absent fields take the model's default, then the neutral value. */
export type RequestedSampling = { readonly [K in keyof Sampling]?: Sampling[K] | undefined };

/** Sampling defaults a model brings along (its generation_config.json or the operator's configuration). */
export type SamplingDefaults = Pick<RequestedSampling, 'temperature' | 'topP' | 'topK' | 'minP' | 'repetitionPenalty'>;

const neutral: Omit<Sampling, 'seed'> = {
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: [],
};

/** The sampling that will be used: request over model default over neutral. A missing seed is drawn from `drawSeed`. */
export function resolveSampling(
  requested: RequestedSampling,
  defaults: SamplingDefaults,
  drawSeed: () => number,
): Sampling {
  const pick = <K extends keyof typeof neutral>(key: K): (typeof neutral)[K] =>
    (requested[key] ?? (defaults as RequestedSampling)[key] ?? neutral[key]) as (typeof neutral)[K];
  return {
    temperature: pick('temperature'),
    topP: pick('topP'),
    topK: pick('topK'),
    minP: pick('minP'),
    seed: requested.seed ?? drawSeed(),
    repetitionPenalty: pick('repetitionPenalty'),
    presencePenalty: pick('presencePenalty'),
    frequencyPenalty: pick('frequencyPenalty'),
    logitBias: pick('logitBias'),
  };
}
