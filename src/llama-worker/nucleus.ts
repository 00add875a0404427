// Truncation and choice among sorted candidates, where llama.cpp's own order (truncation before temperature) is not the
// protocol's. Pure.

export interface Candidates {
  /** [token, logit, token, logit, …], highest logit first; penalties, bias and temperature applied. */
  readonly sorted: readonly number[];
  /** Sum over the whole distribution of exp(logit - highest logit). */
  readonly totalWeight: number;
  /** True when `sorted` is the whole distribution. */
  readonly complete: boolean;
}

export interface Truncation {
  readonly topP: number;
  readonly minP: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/**
 * The smallest set of most likely tokens whose mass reaches `topP`, of those the ones at least `minP` times as likely
 * as the first, drawn by their weights.
 *
 * @returns null when the candidates end before the mass is reached and there are more
 */
export function chooseFromNucleus({ sorted, totalWeight, complete }: Candidates, options: Truncation): number | null {
  const highest = sorted[1] ?? 0;
  const enough = options.topP * totalWeight;
  const weights: number[] = [];
  let mass = 0;
  let keptMass = 0;
  for (let index = 1; index < sorted.length && mass < enough; index += 2) {
    const weight = Math.exp(sorted[index]! - highest);
    mass += weight;
    if (weight < options.minP) continue;
    weights.push(weight);
    keptMass += weight;
  }
  if (mass < enough && !complete) return null;
  let target = options.random * keptMass;
  const chosen = weights.findIndex((weight) => {
    target -= weight;
    return target < 0;
  });
  return sorted[2 * (chosen === -1 ? weights.length - 1 : chosen)] ?? null;
}
