// How the answer is to be thought out and what form it must have: thinking, output_config.
import { z } from 'zod';
import { type Constraint, ServerError, type Thinking } from '../core/index.ts';
import { maybe } from '../openai/index.ts';

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

/** Undefined leaves it to the model. `adaptive` is what the model does when it is not told how long to think. */
export function thinkingOf({ thinking, output_config: output }: OutputFields): Thinking | undefined {
  if (thinking === undefined && output?.effort === undefined) return undefined;
  return {
    ...(thinking === undefined ? {} : { enabled: thinking.type !== 'disabled' }),
    ...(thinking?.type === 'enabled' ? { budgetTokens: thinking.budget_tokens } : {}),
    ...(output?.effort === undefined ? {} : { effort: output.effort }),
  };
}

/** @throws ServerError `invalid_request` */
export function answerForm({ output_config: output, output_format: older }: OutputFields): Constraint | undefined {
  const format = output?.format ?? older;
  if (format === undefined) return undefined;
  if (Object.keys(format.schema).length === 0) {
    const param = output?.format === undefined ? 'output_format.schema' : 'output_config.format.schema';
    throw new ServerError('invalid_request', 'The schema of the answer is empty.', { param });
  }
  return { form: { kind: 'json_schema', schema: JSON.stringify(format.schema) }, after: null };
}
