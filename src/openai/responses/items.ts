// The items of POST /v1/responses: what a conversation is made of, as a client sends it and as it is kept. Items that only
// OpenAI's hosted tools make are refused by name.
import { z } from 'zod';
import { listOf } from '../list-of.ts';
import { maybe } from '../request-fields.ts';
import { textOr } from '../text-or.ts';

const maxParts = 1000;
const maxItems = 10_000;
const id = maybe(z.string().max(256));
const callId = z.string().min(1).max(256);

const nameOf = (input: unknown): string | undefined => {
  const type = typeof input === 'object' && input !== null ? (input as { type?: unknown }).type : undefined;
  return typeof type === 'string' ? JSON.stringify(type.slice(0, 64)) : undefined;
};
const refusal =
  (what: string, known: string) =>
  ({ input }: { readonly input?: unknown }): string => {
    const name = nameOf(input);
    return name === undefined
      ? `needs a "type": one of ${known}`
      : `${what} of type ${name} are not supported here; there are ${known}`;
  };

const textPart = z.object({ type: z.enum(['input_text', 'output_text', 'text']), text: z.string() });
const refusalPart = z.object({ type: z.literal('refusal'), refusal: z.string() });
const imagePart = z.object({
  type: z.literal('input_image'),
  image_url: z.string('needs an "image_url": files are not kept here'),
  detail: maybe(z.string().max(64)),
});
const part = z.discriminatedUnion('type', [textPart, refusalPart, imagePart], {
  error: refusal('Parts', 'input_text, input_image, output_text, refusal'),
});
const content = textOr(listOf(part, maxParts));

const message = z.object({
  type: z.literal('message'),
  id,
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content,
  status: maybe(z.string().max(64)),
});
const functionCall = z.object({
  type: z.literal('function_call'),
  id,
  call_id: callId,
  name: z.string().min(1).max(128),
  arguments: z.string(),
  status: maybe(z.string().max(64)),
});
const functionCallOutput = z.object({
  type: z.literal('function_call_output'),
  id,
  call_id: callId,
  output: content,
  status: maybe(z.string().max(64)),
});
const texts = maybe(
  z
    .array(z.unknown())
    .max(maxParts)
    .pipe(z.array(z.object({ type: z.string(), text: z.string() }))),
);
const reasoning = z.object({
  type: z.literal('reasoning'),
  id,
  summary: texts,
  content: texts,
  encrypted_content: maybe(z.string()),
  status: maybe(z.string().max(64)),
});
const reference = z.object({ type: z.literal('item_reference'), id: z.string().max(256) });

const typed = z.discriminatedUnion('type', [message, functionCall, functionCallOutput, reasoning, reference], {
  error: refusal('Items', 'message, function_call, function_call_output, reasoning, item_reference'),
});

/** A message may leave out that it is one. */
const item = z.preprocess(
  (value) =>
    typeof value === 'object' && value !== null && 'role' in value && !('type' in value)
      ? { ...value, type: 'message' }
      : value,
  typed,
);

export type SentItem = z.output<typeof typed>;
/** An item that says all that it means by itself: what is kept. */
export type Item = Exclude<SentItem, { type: 'item_reference' }>;
export type ItemPart = z.output<typeof part>;

export const inputItems = textOr(listOf(item, maxItems));
