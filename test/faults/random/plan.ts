// What kill number N of a seed is: which model, in which phase, by which signals, how late. Nothing but seed and number
// decides, so that one kill can be dealt again.

import { seeded } from '../harness/seeded.ts';
import { llama, mlx, scripted } from '../harness/server.ts';

export const phases = ['load', 'prefill', 'token n', 'last token', 'idle', 'behind a queue'] as const;
export type Phase = (typeof phases)[number];

export const manners = ['KILL', 'SEGV', 'BUS', 'ABRT', 'ILL', 'TERM', 'STOP+KILL', 'STOP+CONT'] as const;
export type Manner = (typeof manners)[number];

export const models = [mlx, llama, scripted('counts'), scripted('slow-to-load')] as const;
export type ModelName = (typeof models)[number];

/** Of 100 kills, how many go to each: a recovery of a real engine takes seconds, one of a scripted worker a fraction. */
const shares = [7, 20, 43, 30];
/** About how long a load and a prefill take, so that delays fall inside. */
const loadMs = [500, 1500, 60, 550];
const prefillMs = [1200, 150, 5, 5];

export interface Kill {
  readonly number: number;
  readonly model: ModelName;
  readonly phase: Phase;
  readonly manner: Manner;
  /** From the phase's begin to the signal. */
  readonly delayMs: number;
  /** Between the two signals of a manner that has two. */
  readonly holdMs: number;
  /** The token of the phase "token n". */
  readonly token: number;
  /** Does not wait until those whom the kill before struck have their answers. */
  readonly hasty: boolean;
}

export function killOf(seed: number, number: number): Kill {
  const random = seeded(seed, number);
  const index = weighted(shares, random.next());
  const phase = random.pick(phases);
  const reach = phase === 'load' ? loadMs[index]! : phase === 'prefill' ? prefillMs[index]! : 30;
  return {
    number,
    model: models[index]!,
    phase,
    manner: random.pick(manners),
    delayMs: Math.floor(random.next() * reach),
    holdMs: random.whole(50, 1000),
    token: random.whole(1, 10),
    hasty: random.next() < 0.1,
  };
}

function weighted(weights: readonly number[], share: number): number {
  let left = share * weights.reduce((sum, weight) => sum + weight, 0);
  return weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
}

export const isLethal = ({ manner }: Kill): boolean => manner !== 'STOP+CONT';
