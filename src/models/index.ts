export { createAnswerWordings, type ReadAnswerWording } from './answer-wording.ts';
export { readCapabilities } from './capabilities.ts';
export * from './catalogue.ts';
export type { Model } from './model.ts';
