// A text, or a list of typed parts: what most fields called "content" are. The complaint is about the part at fault,
// which a union of the two would not say.
import { z } from 'zod';

export const textOr = <T>(list: z.ZodType<T>) =>
  z.unknown().transform((value, context): string | T => {
    if (typeof value === 'string') return value;
    if (!Array.isArray(value)) {
      context.addIssue({ code: 'custom', message: 'must be a text or a list of parts', input: value });
      return z.NEVER;
    }
    const result = list.safeParse(value, { reportInput: true });
    if (result.success) return result.data;
    const { message, path, input } = result.error.issues[0]!;
    context.addIssue({ code: 'custom', message, path: [...path], input });
    return z.NEVER;
  });
