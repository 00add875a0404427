export * from './catalogue.ts';
export type { Model } from './model.ts';
