// The part of the object graph that finds models and downloads them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, packagePath, settingsOfModel } from '../config/index.ts';
import {
  type Catalogue,
  createModelCards,
  createPuller,
  type ModelCards,
  openCatalogue,
  type Puller,
  type ReadReport,
} from '../models/index.ts';
import type { LiveConfig } from './live-config.ts';
import { memoryBytesOf } from './load-wish.ts';

/** Where models are looked for: the operator's folders, then the starters beside the program, then Hugging Face's cache. */
export function composeCatalogue(live: Pick<LiveConfig, 'current'>): Catalogue {
  const { huggingFaceHome, modelsDirs } = live.current;
  return openCatalogue({
    modelsDirs: [...modelsDirs, packagePath('.runtime/models')],
    huggingFaceHome,
    get aliases() {
      return live.current.aliases;
    },
    get defaultModel() {
      return live.current.defaultModel;
    },
    samplingOf: (id) => settingsOfModel(live.current.models, id).sampling,
  });
}

interface CardSources {
  readonly catalogue: Catalogue;
  readonly reportOf: ReadReport;
  readonly loadedContextOf: (id: string) => number | null;
}

/** What is told of the models of `catalogue`. */
export const composeCards = (
  live: Pick<LiveConfig, 'current'>,
  { catalogue, reportOf, loadedContextOf }: CardSources,
): ModelCards =>
  createModelCards({
    catalogue,
    reportOf,
    loadedContextOf,
    aliases: () => live.current.aliases,
    memoryBytesOf: (model) => memoryBytesOf(model, live.current, { catalogue, reportOf }),
  });

export function composePuller(config: Config): Puller {
  const { huggingFaceHome, huggingFaceEndpoint: endpoint, huggingFaceToken, offline } = config;
  const token = huggingFaceToken?.reveal() ?? savedToken(huggingFaceHome);
  return createPuller({ huggingFaceHome, endpoint, token, offline });
}

/** What `hf auth login` left. */
function savedToken(huggingFaceHome: string): string | null {
  try {
    return readFileSync(join(huggingFaceHome, 'token'), 'utf8').trim() || null;
  } catch {
    return null; // Most people have none.
  }
}
