// The maps inside frames: how to sample, what to read, when to end. Described in protocol/worker-protocol.md.
import { z } from 'zod';

export const count = z.number().int().nonnegative();
export const tokenIds = z.array(count);
export const requestId = z.string().min(1).max(128);

export const sampling = z.strictObject({
  temperature: z.number().min(0).max(2),
  topP: z.number().positive().max(1),
  topK: count,
  minP: z.number().min(0).max(1),
  seed: count,
  repetitionPenalty: z.number().positive(),
  presencePenalty: z.number(),
  frequencyPenalty: z.number(),
  logitBias: z.array(z.tuple([count, z.number()])),
});

/** Decoded pixels: rows from top to bottom, red, green and blue a byte each. */
const image = z
  .strictObject({
    type: z.literal('image'),
    width: count.positive(),
    height: count.positive(),
    pixels: z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'no bytes'),
  })
  .refine(
    ({ width, height, pixels }) => pixels.length === width * height * 3,
    'pixels are not width × height × 3 bytes',
  );

const contentPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  image,
]);

const chatMessage = z.strictObject({
  role: z.string(),
  /** Parts keep the place of each image among the text. */
  content: z.union([z.string(), z.array(contentPart)]),
  name: z.string().optional(),
  /** `arguments` is JSON text. */
  toolCalls: z.array(z.strictObject({ id: z.string(), name: z.string(), arguments: z.string() })).optional(),
  toolCallId: z.string().optional(),
  reasoning: z.string().optional(),
});

export const constraintForm = z.discriminatedUnion('kind', [
  /** JSON text of a JSON Schema. */
  z.strictObject({ kind: z.literal('json_schema'), schema: z.string() }),
  z.strictObject({ kind: z.literal('regex'), pattern: z.string() }),
  z.strictObject({ kind: z.literal('choice'), choices: z.array(z.string()).readonly() }),
  z.strictObject({ kind: z.literal('lark'), grammar: z.string() }),
  z.strictObject({ kind: z.literal('gbnf'), grammar: z.string() }),
  z.strictObject({
    kind: z.literal('tagged'),
    tags: z.array(z.strictObject({ begin: z.string(), schema: z.string(), end: z.string() })).readonly(),
    separator: z.string(),
    many: z.boolean(),
    trigger: z.string().nullable(),
  }),
]);

export const generationInput = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('chat'),
    messages: z.array(chatMessage),
    /** JSON text: the list of tools in OpenAI's words, which chat templates are written against. */
    tools: z.string().optional(),
    /** JSON text: a map of variables for the chat template. */
    templateOptions: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal('text'), text: z.string() }),
  z.strictObject({ kind: z.literal('tokens'), tokenIds }),
]);

/** When an answer may end, beside its stop sequences. */
export const ending = z.strictObject({
  /** No end, of whatever kind, before so many tokens. */
  minTokens: count,
  /** End-of-text tokens are tokens like others. */
  ignoreEnd: z.boolean(),
  /** Tokens that end the answer as the end-of-text token does. */
  stopTokenIds: tokenIds,
});

export const embeddingInput = z.union([z.string(), tokenIds]);
