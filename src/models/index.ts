export * from './catalogue.ts';
export type { EngineName, Model } from './model.ts';
