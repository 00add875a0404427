// How the configuration wishes a model to be loaded: what the memory plan starts from, for the server and for `estimate`.
import { type Config, settingsOfModel } from '../config/index.ts';
import { maxSidePixels } from '../images/index.ts';
import type { LoadPlanner } from '../inference/index.ts';
import { deviceOf, type LoadWish, type Model, planLoad, readMemoryFacts } from '../models/index.ts';

/** Prefix cache of one worker: an eighth of the budget, 4 GiB at the most. */
export const promptCacheBytes = ({ memoryBudgetBytes }: Config): number =>
  Math.floor(Math.min(memoryBudgetBytes / 8, 4 * 1024 ** 3));

export const loadWishOf = ({ id }: Model, config: Config): LoadWish => ({
  device: deviceOf(process.platform),
  contextLength: settingsOfModel(config.models, id).contextLength ?? null,
  maxBatch: config.maxConcurrentRequests,
  promptCacheBytes: promptCacheBytes(config),
  imageDimension: config.visionAutoResize ? config.visionMaxDimension : maxSidePixels,
});

/** Reads the model's files. */
export async function plannerOf(model: Model, config: Config): Promise<LoadPlanner> {
  const facts = await readMemoryFacts(model);
  const wish = loadWishOf(model, config);
  return { within: (limitBytes) => planLoad(facts, wish, limitBytes), orderedContext: wish.contextLength };
}
