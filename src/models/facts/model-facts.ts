// What a model is, and whether all of it is there, read from its own files. What these do not say is null, never a guess.
import { join } from 'node:path';
import { type AnswerWording, readWording } from '../../answer-formats/index.ts';
import { readChatTemplate } from '../answer-wording.ts';
import type { Model } from '../model.ts';
import { readJson } from '../read-file.ts';
import { type Config, configFacts } from './config-facts.ts';
import type { ModelFacts } from './facts.ts';
import { ggufFacts } from './gguf-model-facts.ts';
import { type ReadHeaders, readWeightHeaders } from './header-thread.ts';
import { bytesOfType, sumTensors } from './safetensors-header.ts';
import { readWeightFiles } from './weight-files.ts';
import { readWeights } from './weight-report.ts';

export type { ModelFacts };

export interface ModelReport {
  readonly facts: ModelFacts;
  /** How its chat template has answers written. */
  readonly wording: AnswerWording;
  /** What is not there, a clause each; empty for a model that is whole. Of others the number of parameters is not known. */
  readonly missing: readonly string[];
  /** Of the weights, in safetensors of 16-bit floats. */
  readonly halfPrecisionBytes: number;
}

/** @throws ServerError `model_unsupported` for files that cannot be what they claim to be; the machine's shortage of something */
export async function readModelReport(
  model: Model,
  readHeaders: ReadHeaders = readWeightHeaders,
): Promise<ModelReport> {
  const files = await readWeightFiles(model);
  const { ggufs, safetensors, missing } = await readWeights(model, files, readHeaders);
  const facts = model.engine === 'llama' ? ggufFacts(ggufs) : await folderFacts(model, safetensors);
  return {
    facts: {
      ...facts,
      embeddings: model.embeds,
      parameters: missing.length > 0 ? null : facts.parameters,
      ...(files.projectorBytes === null ? {} : { projectorBytes: files.projectorBytes }),
    },
    wording: readWording(await readChatTemplate(model, ggufs[0]?.facts)),
    missing,
    halfPrecisionBytes: bytesOfType(safetensors, ['F16', 'BF16']),
  };
}

async function folderFacts(
  model: Model,
  files: Parameters<typeof sumTensors>[0],
): Promise<Omit<ModelFacts, 'embeddings'>> {
  const config = ((await readJson(join(model.path, 'config.json'))) ?? {}) as Config;
  const { parameters, precision } = sumTensors(files, config);
  const stated = configFacts(config);
  return {
    ...stated,
    parameters,
    quantization: precision ?? stated.quantization,
    vision: model.engine === 'mlx-vision',
  };
}
