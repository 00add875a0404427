// The content blocks that a client may send, and their limits. Fields without an effect here (cache_control, citations of
// a text) are read over; blocks that only Anthropic's own servers can make or follow are refused by name.
import { z } from 'zod';
import { listOf, maybe, textOr } from '../openai/index.ts';

const maxBlocks = 1000;
const maxImageTypeCharacters = 64;

/** What stands in a list of blocks of `type`s that are not among `known`. */
const unknownType =
  (known: string) =>
  ({ input }: { readonly input?: unknown }): string => {
    const type = typeof input === 'object' && input !== null ? (input as { type?: unknown }).type : undefined;
    if (typeof type !== 'string') return 'needs a "type"';
    return `blocks of type ${JSON.stringify(type.slice(0, 64))} are not supported here: send ${known}`;
  };

export const textBlock = z.object({ type: z.literal('text'), text: z.string() });

const imageSource = z.discriminatedUnion(
  'type',
  [
    z.object({
      type: z.literal('base64'),
      media_type: z
        .string()
        .max(maxImageTypeCharacters)
        .regex(/^image\/[a-z0-9.+-]+$/i, 'must be an image type'),
      data: z.string(),
    }),
    z.object({ type: z.literal('url'), url: z.string() }),
  ],
  { error: unknownType('base64 or url') },
);
const imageBlock = z.object({ type: z.literal('image'), source: imageSource });

/** Of a document, text alone: no engine here reads PDF. */
const documentBlock = z.object({
  type: z.literal('document'),
  title: maybe(z.string()),
  context: maybe(z.string()),
  source: z.discriminatedUnion('type', [z.object({ type: z.literal('text'), data: z.string() })], {
    error: unknownType('a text source'),
  }),
});

const resultBlock = z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock], {
  error: unknownType('text, image or document'),
});
const toolResultBlock = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1).max(256),
  content: maybe(textOr(z.array(z.unknown()).max(maxBlocks).pipe(z.array(resultBlock)))),
  is_error: maybe(z.boolean()),
});

const toolUseBlock = z.object({
  type: z.literal('tool_use'),
  id: z.string().min(1).max(256),
  name: z.string().min(1).max(128),
  input: z.record(z.string(), z.unknown()),
});
const thinkingBlock = z.object({ type: z.literal('thinking'), thinking: z.string() });
/** Thoughts that another server encrypted: there is nothing in it that a model could read. */
const redactedBlock = z.object({ type: z.literal('redacted_thinking') });

const block = z.discriminatedUnion(
  'type',
  [textBlock, imageBlock, documentBlock, toolResultBlock, toolUseBlock, thinkingBlock, redactedBlock],
  { error: unknownType('text, image, document, tool_use, tool_result or thinking') },
);

export type Block = z.output<typeof block>;
export type ImageBlock = z.output<typeof imageBlock>;
export type DocumentBlock = z.output<typeof documentBlock>;
export type ToolResultBlock = z.output<typeof toolResultBlock>;

export const messageList = listOf(
  z.object({
    role: z.enum(['user', 'assistant', 'system']),
    content: textOr(listOf(block, maxBlocks)),
  }),
  10_000,
  'at least one message is needed',
);

export const systemText = textOr(z.array(z.unknown()).max(maxBlocks).pipe(z.array(textBlock)));
