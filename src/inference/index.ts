export { type CountTokens, createCountTokens } from './count-tokens.ts';
export { Fleet } from './fleet.ts';
export { createGenerate, type Generate } from './generate.ts';
export { type Indexed, mergeIndexed } from './merge.ts';
