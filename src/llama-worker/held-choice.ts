// Chooses a token that a form allows. To put a whole vocabulary to a grammar may take as long as a decode of a small model,
// so what is chosen without it is tried first. Draws that are refused and repeated have the same distribution
// as one draw among what is allowed.
import type { Form } from './form.ts';
import { bias, withBias } from './logit-adjustment.ts';
import type { Native, NativeSampler, SamplerConfig } from './native.ts';

/** Draws before the whole vocabulary is put to the grammar. */
const freeDraws = 4;
const bestCandidates = 64;

type Adjusted = Partial<SamplerConfig>;
/** A token by the samplers alone; each attempt at a position is a draw of its own. Negative: none. */
export type Draw = (logit: number, position: number, adjusted: Adjusted, attempt: number) => Promise<number>;

interface HeldOptions {
  readonly native: Native;
  readonly sampling: { readonly temperature: number };
  readonly createSampler: () => NativeSampler;
  readonly draw: Draw;
}

export function heldTo(form: Form, { native, sampling, createSampler, draw }: HeldOptions) {
  const isGreedy = sampling.temperature === 0;
  const ranking = isGreedy ? createSampler() : null;

  /** The best of the best candidates that the form allows: it is the best of all that it allows. */
  const bestAllowed = async (logit: number, adjusted: Adjusted): Promise<number> => {
    if (ranking === null) return -1;
    ranking.applyConfig({ temperature: 1, seed: 0, topK: bestCandidates, ...adjusted });
    const filter = [[], false, false, false, bestCandidates] as const;
    const [, , , sorted = []] = await native.context.sampleToken(logit, ranking, false, false, filter, false);
    return (
      sorted.find((token, index) => index % 2 === 0 && sorted[index + 1] !== -Infinity && form.allows(token)) ?? -1
    );
  };
  const drawn = async (logit: number, position: number, adjusted: Adjusted): Promise<number> => {
    const attempts = isGreedy ? 1 : freeDraws;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const token = await draw(logit, position, adjusted, attempt);
      if (token >= 0 && form.allows(token)) return token;
    }
    const best = await bestAllowed(logit, adjusted);
    if (best >= 0) return best;
    return draw(logit, position, withBias(adjusted, form.forbidden(), bias.banned), attempts);
  };
  return async (logit: number, position: number, adjusted: Adjusted): Promise<number> => {
    const token = await drawn(logit, position, adjusted);
    if (token >= 0 && form.allows(token)) form.accept(token);
    else if (token >= 0) throw new Error('no token of the vocabulary fits the form');
    return token;
  };
}
