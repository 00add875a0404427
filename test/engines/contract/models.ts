// What the contract has to know of a model to ask it things: words and tokens that differ, promises that do not.
import type { Generate } from '../worker-client.ts';

export interface ModelFacts {
  readonly vocabularySize: number;
  /** A question, what its answer holds, and a part of the answer that is not its beginning. */
  readonly chat: { readonly kind: 'chat'; readonly messages: { readonly role: string; readonly content: string }[] };
  readonly answer: string;
  readonly insideAnswer: string;
  readonly nextQuestion: string;
  /** Answers that must go on do not take the tokens that end them. */
  readonly noEnd: [number, number][];
  /** The tokens of 😀: none by itself is a character. */
  readonly smiley: readonly number[];
  /** Two words that are one token each. */
  readonly words: readonly [number, number];
  readonly comma: number;
  /** Ordinary tokens, for prompts that need no sense: `count` of them from `first` on. */
  readonly ordinary: { readonly first: number; readonly count: number };
}

const never = (tokenIds: readonly number[]): [number, number][] => tokenIds.map((tokenId) => [tokenId, -100]);

/** The tiny model answers its template's default system message in French; hence one of our own. */
export const smolLm2: ModelFacts = {
  vocabularySize: 49_152,
  chat: {
    kind: 'chat',
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'What is the capital of France?' },
    ],
  },
  answer: 'Paris',
  insideAnswer: 'of France is',
  nextQuestion: 'And of Germany?',
  noEnd: never([0, 1, 2]),
  smiley: [10813, 242, 218],
  words: [7042, 4528],
  comma: 28,
  ordinary: { first: 300, count: 900 },
};

export const shapesVlm: ModelFacts = {
  vocabularySize: 512,
  chat: { kind: 'chat', messages: [{ role: 'user', content: 'Count to 12' }] },
  answer: '1 2 3 4 5 6 7 8 9 10 11 12',
  insideAnswer: '5 6',
  nextQuestion: 'Count to 5',
  noEnd: never([0, 1, 2]),
  smiley: [179, 260, 253, 229],
  words: [358, 356],
  comma: 18,
  ordinary: { first: 20, count: 480 },
};

/** A prompt of `length` ordinary tokens, another one for every `seed`. */
export const tokensOf = (
  { ordinary }: ModelFacts,
  length: number,
  seed = 0,
): Generate['input'] & { kind: 'tokens' } => ({
  kind: 'tokens',
  tokenIds: Array.from({ length }, (_, index) => ordinary.first + ((index * 7 + seed * 13) % ordinary.count)),
});
