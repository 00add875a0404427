// What of a model decides how much memory it takes, read from its files. Guesses nothing: null is what they do not say.
import { ServerError } from '../../core/index.ts';
import type { ModelFacts } from '../facts/facts.ts';
import { shortageOf } from '../machine-shortage.ts';
import type { EngineName, Model } from '../model.ts';
import type { ReadReport } from '../model-reports.ts';

type Shape = Pick<ModelFacts, 'layers' | 'kvHeads' | 'headDim' | 'hiddenSize' | 'vocabularySize' | 'contextLength'>;

export interface MemoryFacts extends Shape {
  readonly engine: EngineName;
  readonly embeds: boolean;
  readonly weightBytes: number;
  /** Of them, in floats of 16 bits, which MLX makes twice as wide on a CPU. */
  readonly halfPrecisionBytes: number;
}

const unknownShape: Shape = {
  layers: null,
  kvHeads: null,
  headDim: null,
  hiddenSize: null,
  vocabularySize: null,
  contextLength: null,
};

/**
 * Files that cannot be understood, or be looked at by a machine short of something, say nothing here: it is for the worker to
 * fail, with its reason.
 */
export async function readMemoryFacts(model: Model, reportOf: ReadReport): Promise<MemoryFacts> {
  const { engine, embeds, weightBytes } = model;
  try {
    const { facts, halfPrecisionBytes } = await reportOf(model);
    return { ...facts, engine, embeds, weightBytes, halfPrecisionBytes };
  } catch (error) {
    if (!(error instanceof ServerError) && shortageOf(error) === undefined) throw error;
    return { ...unknownShape, engine, embeds, weightBytes, halfPrecisionBytes: 0 };
  }
}
