// The order that goes down the road: one sequence to generate, validated, free of HTTP and of any API's wording.
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

/** One turn as chat templates know it: OpenAI's field names, because templates are written against them. */
export interface ChatMessage {
  readonly role: string;
  /** Parts only where there is an image among them; they keep its place in the text. */
  readonly content: string | readonly (TextPart | ImagePart)[];
  readonly name?: string | undefined;
}

export type GenerationInput =
  | { readonly kind: 'chat'; readonly messages: readonly ChatMessage[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tokens'; readonly tokenIds: readonly number[] };

export interface Generation {
  /** Unique for the life of the server; the frames of this generation carry it. */
  readonly id: string;
  /** Name or alias as the client wrote it; undefined asks for the configured default. */
  readonly model: string | undefined;
  readonly input: GenerationInput;
  readonly sampling: RequestedSampling;
  /** Texts that end the answer and do not appear in it; at most 4. */
  readonly stop: readonly string[];
  /** Tokens to generate at the most; undefined means up to the end of the context. */
  readonly maxTokens: number | undefined;
  /** Undefined: no logprobs. Otherwise how many alternatives a token comes with, 0 to 20. */
  readonly topLogprobs: number | undefined;
  readonly priority: Priority;
}
