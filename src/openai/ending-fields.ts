// When an answer may end, in vLLM's words → Ending.
import { z } from 'zod';
import { type Ending, ServerError } from '../core/index.ts';
import { maybe } from './maybe.ts';

const maxTokenId = 2 ** 31 - 1;

export const endingFields = {
  min_tokens: maybe(z.int().min(0).max(maxTokenId)),
  ignore_eos: maybe(z.boolean()),
  stop_token_ids: maybe(
    z
      .array(z.unknown())
      .max(128)
      .pipe(z.array(z.int().min(0).max(maxTokenId))),
  ),
};

type EndingFields = z.output<z.ZodObject<typeof endingFields>>;

/**
 * Undefined where nothing was asked for. `hasForm`: the answer ends where its form does.
 *
 * @throws ServerError `invalid_request` for a least length above the greatest, or an end put off that the form decides
 */
export function toEnding(
  fields: EndingFields,
  { maxTokens, hasForm }: { readonly maxTokens: number | undefined; readonly hasForm: boolean },
): Ending | undefined {
  const { min_tokens: minTokens = 0, ignore_eos: ignoreEnd = false, stop_token_ids: stopTokenIds = [] } = fields;
  if (maxTokens !== undefined && minTokens > maxTokens) {
    const text = `"min_tokens" (${minTokens}) is above the most tokens that the answer may have (${maxTokens}).`;
    throw new ServerError('invalid_request', text, { param: 'min_tokens' });
  }
  if (hasForm && (minTokens > 0 || ignoreEnd)) {
    const param = minTokens > 0 ? 'min_tokens' : 'ignore_eos';
    const text = `"${param}" cannot be kept to by an answer that must have a form, or hold calls of a form: the form says where it ends. Send one of the two.`;
    throw new ServerError('invalid_request', text, { param });
  }
  return minTokens > 0 || ignoreEnd || stopTokenIds.length > 0 ? { minTokens, ignoreEnd, stopTokenIds } : undefined;
}
