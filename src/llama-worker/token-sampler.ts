// Chooses one sequence's next token from the logits of a decode. Owns that sequence's native samplers.
// llama.cpp's chain truncates first and applies the temperature last; the protocol wants temperature, topK, topP, minP.
// topK does not care; minP before the temperature equals minP^temperature; topP does care, so with topP the candidates
// come back with their logits and nucleus.ts chooses.
import type { Sampling } from '../core/index.ts';
import type { StepDelta } from '../ipc/index.ts';
import type { Form } from './form.ts';
import { createLogitAdjustment, withBans } from './logit-adjustment.ts';
import { createLogprobReader } from './logprobs.ts';
import type { Native, NativeSampler, SamplerConfig } from './native.ts';
import { chooseFromNucleus } from './nucleus.ts';
import { seedAt, uniformAgainAt, uniformAt } from './random.ts';

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

export interface TokenSamplerOptions {
  readonly native: Native;
  readonly sampling: Sampling;
  readonly topLogprobs: number | null;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly textOf: (token: number) => string;
  /** The form that the answer must have, if there is one. */
  readonly form: Form | null;
}

type Choose = (logit: number, position: number, adjusted: Partial<SamplerConfig>) => Promise<number>;

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
  const choose = chooserFor({ ...options, createSampler, fixed: !adjustment.changes });
  const readLogprobs =
    topLogprobs === null ? null : createLogprobReader({ ...options, createSampler, top: topLogprobs });
  return {
    accept: adjustment.count,
    sample: async (logit, position, history) => {
      const adjusted = adjustment.settings(history);
      const tokenId = await choose(logit, position, form === null ? adjusted : withBans(adjusted, form.bannedTokens));
      if (tokenId < 0) throw new Error('no token could be sampled');
      return { tokenId, logprobs: readLogprobs === null ? null : await readLogprobs(logit, tokenId, adjusted) };
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
  const { temperature, topP } = options.sampling;
  if (temperature === 0) return greedy(options);
  return topP < 1 ? fromNucleus(options) : fromChain(options);
}

/** Of settings: those that hold what is chosen to a form. */
const heldTo = (form: Form | null): Pick<SamplerConfig, 'grammarEvaluationState'> =>
  form === null ? {} : { grammarEvaluationState: form.state };

function greedy({ native, createSampler, fixed, form }: ChooserOptions): Choose {
  const sampler = createSampler();
  let configured = false;
  return (logit, _position, adjusted) => {
    if (!fixed || !configured) sampler.applyConfig({ temperature: 0, seed: 0, ...adjusted, ...heldTo(form) });
    configured = true;
    return native.context.sampleToken(logit, sampler);
  };
}

function fromChain({ native, sampling, createSampler, form }: ChooserOptions): Choose {
  const { temperature, topK, minP, seed } = sampling;
  const sampler = createSampler();
  const truncation = { ...(topK > 0 && { topK }), ...(minP > 0 && { minP: minP ** temperature }) };
  return (logit, position, adjusted) => {
    sampler.applyConfig({ temperature, seed: seedAt(seed, position), ...truncation, ...adjusted, ...heldTo(form) });
    return native.context.sampleToken(logit, sampler);
  };
}

/** What the nucleus gives first is tried; only if the form forbids it, all candidates are put to the form. */
function fromNucleus(options: ChooserOptions): Choose {
  const { form } = options;
  const { seed } = options.sampling;
  const draw = createNucleus(options);
  return async (logit, position, adjusted) => {
    const first = await draw(logit, adjusted, uniformAt(seed, position));
    if (form === null || first < 0) return first;
    const chosen = form.allows(first) ? first : await draw(logit, adjusted, uniformAgainAt(seed, position), form);
    if (chosen >= 0) form.accept(chosen);
    return chosen;
  };
}

type Draw = (logit: number, adjusted: Partial<SamplerConfig>, random: number, form?: Form) => Promise<number>;

function createNucleus({ native, sampling, createSampler, vocabularySize }: ChooserOptions): Draw {
  const { context } = native;
  const { temperature, topK, topP, minP } = sampling;
  const limit = topK > 0 ? Math.min(topK, vocabularySize) : vocabularySize;
  const ranking = createSampler();
  const weighing = limit < vocabularySize ? null : createSampler();
  // A sampler moves its state on with what it chooses itself, which is not what is chosen here: it gets a copy.
  const held = (form: Form | undefined) => (form === undefined ? {} : { grammarEvaluationState: form.copy() });
  return async (logit, adjusted, random, form) => {
    weighing?.applyConfig({ temperature, seed: 0, ...adjusted, ...held(form) });
    const weighed = weighing && context.sampleToken(logit, weighing, false, false, false, true);
    for (let top = weighing ? Math.min(limit, firstNucleusCandidates) : limit; ; top = Math.min(limit, top * 16)) {
      ranking.applyConfig({ temperature, topK: top, seed: 0, ...adjusted, ...held(form) });
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

/** Without the candidates that a form forbids; they are the last. */
function possible(sorted: readonly number[]): readonly number[] {
  const end = sorted.findIndex((logit, index) => index % 2 === 1 && logit === -Infinity);
  return end === -1 ? sorted : sorted.slice(0, end - 1);
}
