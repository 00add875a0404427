// Lists from a client: counted before any entry is looked at, and judged up to the first entry at fault. A complaint
// about each of a hundred thousand entries would hold up everybody else.
import { z } from 'zod';

/** A list of 1 to `maximum` entries. The document of the API finds the schema of an entry in its metadata. */
export const listOf = <T>(entry: z.ZodType<T>, maximum: number, whenEmpty = 'at least one entry is needed') =>
  z
    .array(z.unknown())
    .min(1, whenEmpty)
    .max(maximum)
    .meta({ entry })
    .transform((values, context): T[] => {
      const entries: T[] = [];
      for (const [index, value] of values.entries()) {
        const result = entry.safeParse(value, { reportInput: true });
        if (!result.success) {
          const issue = result.error.issues[0]!;
          context.addIssue({
            code: 'custom',
            message: issue.message,
            path: [index, ...issue.path],
            input: issue.input,
          });
          return z.NEVER;
        }
        entries.push(result.data);
      }
      return entries;
    });
