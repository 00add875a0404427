export { createAnswerWordings, type ReadAnswerWording } from './answer-wording.ts';
export { readCapabilities } from './capabilities.ts';
export * from './catalogue.ts';
export { type ModelFacts, type ModelReport, readModelFacts, readModelReport } from './facts/model-facts.ts';
export { withAutoPull } from './hub/auto-pull.ts';
export type { PullProgress } from './hub/pull.ts';
export { createPuller, type Puller } from './hub/puller.ts';
export { removeFromCache } from './hub/remove.ts';
export type { Model } from './model.ts';
