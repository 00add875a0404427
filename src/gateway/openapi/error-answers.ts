// The errors that come back, in the words of each API, as the document tells them.
import { z } from 'zod';
import { errorCodes, errorTable } from '../../core/index.ts';

const message = z.string().meta({ description: 'What is wrong, and what to do.' });
const param = z.string().nullable().meta({ description: 'The field at fault, as a path: messages[0].role.' });
const code = z.enum(errorCodes);

export const errorAnswers = {
  Error: z.object({
    error: z.object({
      message,
      type: z.enum([...new Set(Object.values(errorTable).map(({ type }) => type))]),
      param,
      code,
    }),
  }),
  AnthropicError: z.object({
    type: z.literal('error'),
    error: z.object({ type: z.string(), message, param, code }),
    request_id: z.string(),
  }),
  OllamaError: z.object({ error: message, code, param }),
};
