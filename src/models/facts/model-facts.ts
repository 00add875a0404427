// What a model is, and whether all of it is there, read from its own files. What these do not say is null, never a guess.
import { join } from 'node:path';
import { readJson } from '../inspect.ts';
import type { Model } from '../model.ts';
import { type Config, configFacts } from './config-facts.ts';
import type { ModelFacts } from './facts.ts';
import { ggufFacts } from './gguf-model-facts.ts';
import { sumTensors } from './safetensors-header.ts';
import { readWeightFiles } from './weight-files.ts';
import { readWeights } from './weight-report.ts';

export type { ModelFacts };

export interface ModelReport {
  readonly facts: ModelFacts;
  /** What is not there, a clause each; empty for a model that is whole. Of others the number of parameters is not known. */
  readonly missing: readonly string[];
}

/** @throws ServerError `model_unsupported` for files that cannot be what they claim to be */
export async function readModelFacts(model: Model): Promise<ModelFacts> {
  return (await readModelReport(model)).facts;
}

/** @throws ServerError as above */
export async function readModelReport(model: Model): Promise<ModelReport> {
  const files = await readWeightFiles(model);
  const { ggufs, safetensors, missing } = await readWeights(model, files);
  const facts = model.engine === 'llama' ? ggufFacts(ggufs) : await folderFacts(model, safetensors);
  return {
    facts: {
      ...facts,
      parameters: missing.length > 0 ? null : facts.parameters,
      ...(files.projectorBytes === null ? {} : { projectorBytes: files.projectorBytes }),
    },
    missing,
  };
}

async function folderFacts(model: Model, files: Parameters<typeof sumTensors>[0]): Promise<ModelFacts> {
  const config = ((await readJson(join(model.path, 'config.json'))) ?? {}) as Config;
  const { parameters, precision } = sumTensors(files, config);
  const stated = configFacts(config);
  return {
    ...stated,
    parameters,
    quantization: precision ?? stated.quantization,
    vision: model.engine === 'mlx-vision',
    embeddings: model.embeds,
  };
}
