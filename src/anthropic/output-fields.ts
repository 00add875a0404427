// How the answer is to be thought out and what form it must have: thinking, output_config.
import { z } from 'zod';
import type { AskedConstraint, Thinking } from '../core/index.ts';
import { constraintOf, maybe } from '../openai/index.ts';

const jsonFormat = z.object({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) });

export const outputFields = {
  thinking: maybe(
    z.discriminatedUnion('type', [
      z.object({
        type: z.literal('enabled'),
        budget_tokens: z
          .int()
          .min(1)
          .max(2 ** 31 - 1),
      }),
      z.object({ type: z.literal('adaptive') }),
      z.object({ type: z.literal('disabled') }),
    ]),
  ),
  output_config: maybe(
    z.object({ effort: maybe(z.enum(['low', 'medium', 'high', 'xhigh', 'max'])), format: maybe(jsonFormat) }),
  ),
  /** What output_config.format was called before. */
  output_format: maybe(jsonFormat),
};

type OutputFields = z.output<z.ZodObject<typeof outputFields>>;

/** Undefined leaves it to the model. Coding agents ask for thinking of whatever model they are given: hence a wish. */
export function thinkingOf({ thinking, output_config: output }: OutputFields): Thinking | undefined {
  if (thinking === undefined && output?.effort === undefined) return undefined;
  return {
    isWish: true,
    ...(thinking === undefined ? {} : { enabled: thinking.type !== 'disabled' }),
    ...(thinking?.type === 'enabled' ? { budgetTokens: thinking.budget_tokens } : {}),
    ...(output?.effort === undefined ? {} : { effort: output.effort }),
  };
}

/** @throws ServerError `invalid_request` */
export function answerForm({ output_config: output, output_format: older }: OutputFields): AskedConstraint | undefined {
  return output?.format === undefined
    ? constraintOf(older, 'output_format')
    : constraintOf(output.format, 'output_config.format');
}
