// What a decode process says, held against what it may say: a file may have taken it over. The process itself trusts the
// server, and is spared the weight of a validator.
import { z } from 'zod';
import type { DecodeAnswer } from './decode-frame.ts';
import { maxSidePixels } from './limits.ts';

const side = z.int().positive().max(maxSidePixels);

const answerSchema: z.ZodType<DecodeAnswer> = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('decoded'), width: side, height: side }),
  z.strictObject({ type: z.literal('too-many-pixels') }),
  z.strictObject({ type: z.literal('broken'), detail: z.string() }),
]);

/** Undefined for an answer that makes no sense, or whose pixels are not those of its size. */
export function parseAnswer(head: unknown, pixels: Uint8Array): DecodeAnswer | undefined {
  const { data } = answerSchema.safeParse(head);
  const bytes = data?.type === 'decoded' ? data.width * data.height * 3 : 0;
  return pixels.length === bytes ? data : undefined;
}
