// What of a model decides how much memory it takes, read from its files. Guesses nothing: null is what they do not say.
import { ServerError } from '../../core/index.ts';
import { type ModelFacts, readModelFacts } from '../facts/model-facts.ts';
import { readWeightFiles } from '../facts/weight-files.ts';
import { readWeights } from '../facts/weight-report.ts';
import type { EngineName, Model } from '../model.ts';

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

/** Files that cannot be understood say nothing here: it is for the worker to refuse them, with its reason. */
export async function readMemoryFacts(model: Model): Promise<MemoryFacts> {
  const { engine, embeds, weightBytes } = model;
  try {
    const shape = await readModelFacts(model);
    return { ...shape, engine, embeds, weightBytes, halfPrecisionBytes: await halfPrecisionBytes(model) };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return { ...unknownShape, engine, embeds, weightBytes, halfPrecisionBytes: 0 };
  }
}

async function halfPrecisionBytes(model: Model): Promise<number> {
  if (model.engine === 'llama') return 0;
  const { safetensors } = await readWeights(model, await readWeightFiles(model));
  const sizes = safetensors.flatMap(({ dtypes, begins, ends }) =>
    dtypes.map((dtype, place) => (dtype === 'F16' || dtype === 'BF16' ? ends[place]! - begins[place]! : 0)),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
