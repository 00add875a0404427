// Chooses one sequence's next token from the logits of a decode. Owns that sequence's native samplers.
// llama.cpp's chain truncates first and applies the temperature last; the protocol wants temperature, topK, topP, minP.
// topK does not care; minP before the temperature equals minP^temperature; topP does care, so with topP the candidates
// come back with their logits and nucleus.ts chooses.
import type { Sampling } from '../core/index.ts';
import type { StepDelta } from '../ipc/index.ts';
import type { Form } from './form.ts';
import { type Draw, heldTo } from './held-choice.ts';
import { bias, createLogitAdjustment, withBias } from './logit-adjustment.ts';
import { createLogprobReader } from './logprobs.ts';
import type { Native, NativeSampler, SamplerConfig } from './native.ts';
import { chooseFromNucleus } from './nucleus.ts';
import { seedAt, uniformAt } from './random.ts';

type SampledLogprobs = NonNullable<StepDelta['logprobs']>[number];

export interface SampledToken {
  readonly tokenId: number;
  readonly logprobs: SampledLogprobs | null;
}

export interface TokenSampler {
  /** @param position tokens generated before this one; @param history prompt and answer so far */
  readonly sample: (logit: number, position: number, history: Uint32Array) => Promise<SampledToken>;
  /** A token of the answer; penalties count it. */
  readonly accept: (token: number) => void;
  readonly dispose: () => void;
}

/** Tokens that may not be sampled at positions before `before`. */
export interface BarredTokens {
  readonly tokens: readonly number[];
  readonly before: number;
}

export interface TokenSamplerOptions {
  readonly native: Native;
  readonly sampling: Sampling;
  readonly topLogprobs: number | null;
  readonly barred: BarredTokens | null;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly textOf: (token: number) => string;
  /** The form that the answer must have, if there is one. */
  readonly form: Form | null;
}

type Adjusted = Partial<SamplerConfig>;
type Choose = (logit: number, position: number, adjusted: Adjusted) => Promise<number>;

const firstNucleusCandidates = 128;

export function createTokenSampler(options: TokenSamplerOptions): TokenSampler {
  const { native, sampling, topLogprobs, form } = options;
  const samplers: NativeSampler[] = [];
  const createSampler = (): NativeSampler => {
    const sampler = native.createSampler();
    samplers.push(sampler);
    return sampler;
  };
  const adjustment = createLogitAdjustment(sampling, options.contextLength);
  const choose = chooserFor({ ...options, createSampler, fixed: !adjustment.changes && options.barred === null });
  const readLogprobs =
    topLogprobs === null ? null : createLogprobReader({ ...options, createSampler, top: topLogprobs });
  return {
    accept: adjustment.count,
    sample: async (logit, position, history) => {
      const usual = adjustment.settings(history);
      const bars = options.barred !== null && position < options.barred.before;
      const free = bars ? withBias(usual, options.barred.tokens, bias.barred) : usual;
      const allowed = form === null ? free : withBias(free, form.bannedTokens, bias.banned);
      const tokenId = await choose(logit, position, allowed);
      if (tokenId < 0) throw new Error('no token could be sampled');
      return { tokenId, logprobs: readLogprobs === null ? null : await readLogprobs(logit, tokenId, free) };
    },
    dispose: () => {
      for (const sampler of samplers) sampler.dispose();
    },
  };
}

interface ChooserOptions extends TokenSamplerOptions {
  readonly createSampler: () => NativeSampler;
  /** Bias and penalties never change. */
  readonly fixed: boolean;
}

function chooserFor(options: ChooserOptions): Choose {
  const { sampling, form } = options;
  if (form !== null) return heldTo(form, { ...options, draw: drawFor(options) });
  const draw = sampling.temperature === 0 ? greedy(options) : drawFor(options);
  return (logit, position, adjusted) => draw(logit, position, adjusted, 0);
}

function drawFor(options: ChooserOptions): Draw {
  const { temperature, topP } = options.sampling;
  if (temperature === 0) return greedy({ ...options, fixed: false });
  return topP < 1 ? fromNucleus(options) : fromChain(options);
}

function greedy({ native, createSampler, fixed }: ChooserOptions): Draw {
  const sampler = createSampler();
  let configured = false;
  return (logit, _position, adjusted) => {
    if (!fixed || !configured) sampler.applyConfig({ temperature: 0, seed: 0, ...adjusted });
    configured = true;
    return native.context.sampleToken(logit, sampler);
  };
}

function fromChain({ native, sampling, createSampler }: ChooserOptions): Draw {
  const { temperature, topK, minP, seed } = sampling;
  const sampler = createSampler();
  const truncation = { ...(topK > 0 && { topK }), ...(minP > 0 && { minP: minP ** temperature }) };
  return (logit, position, adjusted, attempt) => {
    sampler.applyConfig({ temperature, seed: seedAt(seed, position, attempt), ...truncation, ...adjusted });
    return native.context.sampleToken(logit, sampler);
  };
}

function fromNucleus({ native, sampling, createSampler, vocabularySize }: ChooserOptions): Draw {
  const { context } = native;
  const { temperature, topK, topP, minP, seed } = sampling;
  const limit = topK > 0 ? Math.min(topK, vocabularySize) : vocabularySize;
  const ranking = createSampler();
  const weighing = limit < vocabularySize ? null : createSampler();
  return async (logit, position, adjusted, attempt) => {
    const random = uniformAt(seed, position, attempt);
    weighing?.applyConfig({ temperature, seed: 0, ...adjusted });
    const weighed = weighing && context.sampleToken(logit, weighing, false, false, false, true);
    for (let top = weighing ? Math.min(limit, firstNucleusCandidates) : limit; ; top = Math.min(limit, top * 16)) {
      ranking.applyConfig({ temperature, topK: top, seed: 0, ...adjusted });
      const [, , , sorted = [], weightOfTop = 0] = await context.sampleToken(
        logit,
        ranking,
        false,
        false,
        [[], false, false, false, top],
        true,
      );
      const totalWeight = weighed ? ((await weighed)[4] ?? 0) : weightOfTop;
      const complete = top === limit;
      const chosen = chooseFromNucleus({ sorted: possible(sorted), totalWeight, complete }, { topP, minP, random });
      if (chosen !== null || complete) return chosen ?? -1;
    }
  };
}

/** Without the candidates that are made impossible; they are the last. */
function possible(sorted: readonly number[]): readonly number[] {
  const end = sorted.findIndex((logit, index) => index % 2 === 1 && logit === -Infinity);
  return end === -1 ? sorted : sorted.slice(0, end - 1);
}
