// Holds a model to its budget of thinking: the sequence leaves its worker where the budget is spent, and comes back with
// its thinking closed. What comes next follows from the tokens alone, so a worker may end anywhere between.
import type { AnswerPlan } from '../answer-formats/index.ts';
import type { GenerationEnd, GenerationEvent } from '../core/index.ts';
import type { AnswerReader } from './answer-reader.ts';
import type { SequenceRequest } from './run-sequence.ts';

/** What one order to a worker is asked because of the budget. */
export type Leg = Pick<SequenceRequest, 'breakAfter' | 'goOnWith'>;

/** `delivered`: tokens of the answer so far. */
export function nextLeg(budget: AnswerPlan['thinkingBudget'], reader: AnswerReader, delivered: number): Leg {
  if (budget === undefined || reader.hasSpoken) return {};
  const left = budget.tokens - reader.reasoningTokens;
  if (reader.isThinking) {
    // A mark that has begun is let come: the model may be closing its thinking itself.
    if (left <= 0) return reader.isHolding ? { breakAfter: delivered + 1 } : { goOnWith: budget.closing };
    return { breakAfter: delivered + left };
  }
  if (!reader.knowsPrompt) return { breakAfter: budget.tokens };
  const isOver = left <= 0 && reader.reasoningTokens > 0;
  return isOver ? {} : { breakAfter: delivered + Math.max(1, left) };
}

/** Whether the sequence has left for another leg to follow. */
export const isBreak = (event: GenerationEvent, { breakAfter }: Leg): event is GenerationEnd =>
  event.type === 'end' && event.finishReason === 'cancelled' && breakAfter !== undefined;
