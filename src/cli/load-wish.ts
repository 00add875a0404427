// How the configuration wishes a model to be loaded: what the memory plan starts from, for the server and for `estimate`.
import { type Config, settingsOfModel } from '../config/index.ts';
import { maxSidePixels } from '../images/index.ts';
import type { LoadPlanner } from '../inference/index.ts';
import {
  type Catalogue,
  deviceOf,
  type LoadWish,
  type Model,
  needAfterPrompt,
  planLoad,
  type ReadReport,
  readMemoryFacts,
  totalOf,
} from '../models/index.ts';

/** Prefix cache of one worker: what is set, else an eighth of the budget, 4 GiB at the most. */
export const promptCacheBytesOf = ({ models, promptCacheBytes, memoryBudgetBytes }: Config, { id }: Model): number =>
  settingsOfModel(models, id).promptCacheBytes ??
  promptCacheBytes ??
  Math.floor(Math.min(memoryBudgetBytes / 8, 4 * 1024 ** 3));

export interface ModelSource {
  readonly catalogue: Pick<Catalogue, 'resolve'>;
  readonly reportOf: ReadReport;
}

/** A draft model that cannot be found takes nothing here: the load says what is wrong with it. */
export async function loadWishOf(
  model: Model,
  config: Config,
  { catalogue, reportOf }: ModelSource,
): Promise<LoadWish> {
  const { contextLength, kvBits, draftModel } = settingsOfModel(config.models, model.id);
  const draft = draftModel === undefined ? undefined : await catalogue.resolve(draftModel).catch(() => undefined);
  return {
    device: deviceOf(process.platform),
    contextLength: contextLength ?? null,
    kvBits: kvBits ?? null,
    maxBatch: config.maxConcurrentRequests,
    promptCacheBytes: promptCacheBytesOf(config, model),
    imageDimension: config.visionAutoResize ? config.visionMaxDimension : maxSidePixels,
    draft: draft === undefined ? null : await readMemoryFacts(draft, reportOf),
  };
}

/** What it takes once a prompt as long as its context has run; where that cannot be told or may not be, what it would need. */
export async function memoryBytesOf(model: Model, config: Config, source: ModelSource): Promise<number> {
  const facts = await readMemoryFacts(model, source.reportOf);
  const wish = await loadWishOf(model, config, source);
  const plan = planLoad(facts, wish, config.memoryBudgetBytes);
  if ('tooLarge' in plan) return plan.needBytes;
  const need = needAfterPrompt(facts, wish, plan);
  return need === null ? plan.needBytes : totalOf(need);
}

/** Reads the model's files. */
export async function plannerOf(model: Model, config: Config, source: ModelSource): Promise<LoadPlanner> {
  const facts = await readMemoryFacts(model, source.reportOf);
  const wish = await loadWishOf(model, config, source);
  return { within: (limitBytes) => planLoad(facts, wish, limitBytes), orderedContext: wish.contextLength };
}
