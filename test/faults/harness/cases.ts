// What real models are asked, and what scripted ones must answer.

const subjects = [
  ['the sea', 'a fox', 'winter', 'bread', 'the moon', 'a train', 'music', 'rain', 'a garden', 'glass'],
  ['a river', 'paper', 'the wind', 'salt', 'a bridge', 'honey', 'the night', 'a clock', 'wool', 'a lamp'],
  ['stone', 'a boat', 'summer', 'a letter', 'ink', 'the desert', 'a violin', 'snow', 'a market', 'tea'],
].flat();

export interface Case {
  readonly content: string;
  readonly more: { readonly max_tokens: number; readonly seed: number; readonly temperature: number };
}

/** The case of this number: greedy, or sampled with a seed and some of what sampling can do. */
export function caseOf(number: number, maxTokens = 14 + (number % 4) * 2): Case {
  const content = `Write about ${subjects[number % subjects.length]}.`;
  const variants = [
    { temperature: 0 },
    { temperature: 0.8, top_p: 0.9 },
    { temperature: 1, top_k: 50, repetition_penalty: 1.1 },
    { temperature: 0.5, stop: ['\n\n\n'], frequency_penalty: 0.3 },
  ];
  return { content, more: { max_tokens: maxTokens, seed: 1000 + number, ...variants[number % variants.length]! } };
}

export const caseCount = subjects.length;

/** What a scripted worker says in `count` tokens to a prompt that names `word`. */
export const told = (word: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `${word}${index} `).join('');

/** A prompt for scripted workers. */
export const tell = (word: string, tokens: number, delayMs: number): string =>
  `word=${word} tokens=${tokens} delayMs=${delayMs}`;

/** Characters that two texts share from their beginning. */
export function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}
