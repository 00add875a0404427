// The order that goes down the road: one sequence to generate, validated, free of HTTP and of any API's wording.
import type { AskedConstraint } from './constraint.ts';
import type { RequestedSampling } from './sampling.ts';

export type Priority = 'high' | 'normal' | 'low';

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

/** An image as the client named it: a data URI, an http(s) URL or a path. Nothing about it has been checked yet. */
export interface ImagePart {
  readonly type: 'image';
  readonly source: string;
}

/** Pixels that passed every check: rows from top to bottom, red, green and blue a byte each. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** A function that the model may call. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of its arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The arguments must fit the schema; otherwise they need only be JSON. */
  readonly strict: boolean;
  /** The field of the request that has the schema. */
  readonly param?: string | undefined;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
}

/** How much a model that thinks aloud may think; undefined leaves it to the model. */
export interface Thinking {
  readonly enabled?: boolean | undefined;
  readonly effort?: string | undefined;
  /** Tokens that it may think at the most, the mark in front included; then its thinking is closed, and it answers. */
  readonly budgetTokens?: number | undefined;
  /** A model that does not think aloud is to answer without; otherwise it refuses. */
  readonly isWish?: boolean | undefined;
}

/** One turn as chat templates know it: OpenAI's field names, because templates are written against them. */
export interface ChatMessage {
  readonly role: string;
  /** Parts only where there is an image among them; they keep its place in the text. */
  readonly content: string | readonly (TextPart | ImagePart)[];
  readonly name?: string | undefined;
  /** Of an assistant's turn. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** Of a turn of role `tool`: the call that it answers. */
  readonly toolCallId?: string | undefined;
  /** What the assistant thought before it spoke. */
  readonly reasoning?: string | undefined;
}

export interface ChatInput {
  readonly kind: 'chat';
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ToolDefinition[] | undefined;
  readonly toolChoice?: ToolChoice | undefined;
  /** False: one call a turn at the most. */
  readonly parallelToolCalls?: boolean | undefined;
  readonly thinking?: Thinking | undefined;
}

export type GenerationInput =
  | ChatInput
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly tokenIds: readonly number[] };

/** When an answer may end, beside its stop sequences. */
export interface Ending {
  /** No end of any kind before so many tokens. */
  readonly minTokens: number;
  /** End-of-text tokens are tokens like others. */
  readonly ignoreEnd: boolean;
  /** Tokens that end the answer, as the model's own end-of-text tokens do. */
  readonly stopTokenIds: readonly number[];
}

export interface Generation {
  /** Unique for the life of the server; the frames of this generation carry it. */
  readonly id: string;
  /** Name or alias as the client wrote it; undefined asks for the configured default. */
  readonly model: string | undefined;
  readonly input: GenerationInput;
  readonly sampling: RequestedSampling;
  /** Texts that end the answer and do not appear in it; at most 64. */
  readonly stop: readonly string[];
  /** Tokens to generate at the most, 0 to read the prompt alone; undefined means up to the end of the context. */
  readonly maxTokens: number | undefined;
  /** Undefined: no logprobs. Otherwise how many alternatives a token comes with, 0 to 20. */
  readonly topLogprobs: number | undefined;
  readonly constraint?: AskedConstraint | undefined;
  readonly ending?: Ending | undefined;
  /** The prompt, a text or tokens, comes back in front of the answer. */
  readonly echo?: boolean | undefined;
  /** Undefined: no logprobs of the prompt. Otherwise how many alternatives each of its tokens comes with. */
  readonly promptLogprobs?: number | undefined;
  readonly priority: Priority;
}
