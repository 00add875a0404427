// An optional field where OpenAI's clients may also send null.
import type { z } from 'zod';

export const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);
