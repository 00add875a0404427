export type { AnswerParser } from './answer-parser.ts';
export { type AnswerPlan, planAnswer } from './answer-plan.ts';
export { type AnswerWording, readWording } from './wording.ts';
