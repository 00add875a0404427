// What an endpoint's wording must be able to say. The journey is one; only the codec differs.
import type { GenerationEnd, GenerationEvent, PromptEcho, ServerError, TokenDelta } from '../core/index.ts';

/** What came first of a choice: it may tell how long the prompt is. */
export type FirstEvent = Exclude<GenerationEvent, { type: 'admitted' }>;

export interface StreamWording {
  /** First words of every choice. */
  opening(index: number, first: FirstEvent): string;
  /** The prompt that was asked for; absent where it cannot be. */
  prompt?(index: number, echo: PromptEcho): string;
  /** What a delta adds; empty when it shows nothing. */
  delta(index: number, delta: TokenDelta): string;
  closing(index: number, end: GenerationEnd): string;
  /** The usage chunk, where it is asked for. */
  usage(ends: readonly GenerationEnd[]): string;
  /** Last words of a stream that failed, where they tell more than the framing's own. */
  failed?(error: ServerError): string;
}

/** How the words of a stream travel. */
export interface Framing {
  readonly contentType: string;
  /** Goes out while nothing else does; empty where the form has no room for it. */
  readonly keepAlive: string;
  /** Behind the last choice. */
  readonly done: string;
  /** Last words of a stream that failed. */
  error(error: ServerError, requestId: string): string;
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
  /** Since the request arrived. */
  readonly elapsedMs: () => number;
}

/** `A` is a choice while it grows. */
export interface Codec<A> {
  readonly idPrefix: string;
  readonly framing: Framing;
  /** Text in the codec's framing. */
  stream(about: AnswerAbout): StreamWording;
  empty(): A;
  add(answer: A, event: GenerationEvent): void;
  whole(about: AnswerAbout, answers: readonly A[]): object;
}
