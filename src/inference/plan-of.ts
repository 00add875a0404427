// What a chat asks for beside its text, in the wording of the model that will read it.
import { type AnswerPlan, planAnswer } from '../answer-formats/index.ts';
import type { Generation } from '../core/index.ts';
import type { Model, ReadAnswerWording } from '../models/index.ts';

/** Undefined where it is no chat. @throws ServerError for what this model cannot be asked. */
export async function planOf(
  { input, constraint }: Pick<Generation, 'input' | 'constraint'>,
  model: Model,
  wordingOf: ReadAnswerWording,
): Promise<AnswerPlan | undefined> {
  if (input.kind !== 'chat') return undefined;
  return planAnswer(input, { wording: await wordingOf(model), constraint });
}
