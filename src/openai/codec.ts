// What an endpoint's wording must be able to say. The journey is one; only the codec differs.
import type { GenerationEnd, PromptEcho, TokenDelta } from '../core/index.ts';
import type { Answer } from './answer.ts';

export interface StreamWording {
  /** First event of every choice. */
  opening(index: number): string;
  /** The prompt that was asked for; absent where it cannot be. */
  prompt?(index: number, echo: PromptEcho): string;
  /** What a delta adds; empty when it shows nothing. */
  delta(index: number, delta: TokenDelta): string;
  closing(index: number, end: GenerationEnd): string;
  /** The usage chunk. */
  usage(ends: readonly GenerationEnd[]): string;
}

export interface AnswerAbout {
  /** The API's id of the answer. */
  readonly id: string;
  readonly model: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly includeUsage: boolean;
  /** Prompts in the request; choices are spread over them evenly. */
  readonly prompts: number;
}

export interface Codec {
  readonly idPrefix: string;
  /** SSE text, `data: …` and all. */
  stream(about: AnswerAbout): StreamWording;
  whole(about: AnswerAbout, answers: readonly Answer[]): object;
}
