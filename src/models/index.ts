export { createAnswerWordings, type ReadAnswerWording } from './answer-wording.ts';
export * from './catalogue.ts';
export type { ModelFacts } from './facts/facts.ts';
export { withAutoPull } from './hub/auto-pull.ts';
export type { PullProgress } from './hub/pull.ts';
export { createPuller, type Puller } from './hub/puller.ts';
export { removeFromCache } from './hub/remove.ts';
export { deviceOf } from './memory/engine-memory.ts';
export { type MemoryFacts, readMemoryFacts } from './memory/memory-facts.ts';
export {
  type LoadPlan,
  type LoadTooLarge,
  type LoadWish,
  type MemoryNeed,
  type MemoryPart,
  memoryParts,
  needAfterPrompt,
  planLoad,
  totalOf,
} from './memory/plan-load.ts';
export type { Model } from './model.ts';
export { createModelCards, type ModelCard, type ModelCards } from './model-cards.ts';
export { createModelReports, type ReadReport } from './model-reports.ts';
export { withWholeModels } from './whole-models.ts';
