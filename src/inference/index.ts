export { withEcho } from './echo.ts';
export { createEmbed, type Embed } from './embed.ts';
export { Fleet } from './fleet.ts';
export { createGenerate, type Generate } from './generate.ts';
export type { LoadPlanner } from './memory-guard.ts';
export { type Indexed, mergeIndexed } from './merge.ts';
export { QuestionDesk } from './question-desk.ts';
export { createTokenizers, type Tokenizers } from './tokenize.ts';
