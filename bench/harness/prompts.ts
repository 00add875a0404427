// Prompts of an exact number of tokens that share no prefix with each other, so that no prefix cache answers for them.

import type { Prompt } from './in-process.ts';
import type { Order } from './orders.ts';

/** Ids 258 and above of the random models are letters in pairs. */
const firstWordToken = 285;
const wordTokens = 600;

let drawn = 0;

/** `length` token ids of the random models; no two calls begin alike. */
export function nextPrompt(length: number): readonly number[] {
  drawn += 1;
  let state = drawn;
  const ids = Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return firstWordToken + ((state >>> 16) % wordTokens);
  });
  return [
    firstWordToken + (drawn % wordTokens),
    firstWordToken + (Math.floor(drawn / wordTokens) % wordTokens),
    ...ids,
  ].slice(0, length);
}

export const nextPrompts = (count: number, length: number): readonly (readonly number[])[] =>
  Array.from({ length: count }, () => nextPrompt(length));

/** What the starters continue at length; their greedy answer to it does not end early. */
export const storyPrompt =
  'Once upon a time, in a small village by the sea, there lived an old fisherman. Every morning';

export interface CompletionOrder {
  readonly port: number;
  readonly model: string;
  readonly prompt: Prompt;
  readonly maxTokens: number;
}

/** A greedy streaming completion. */
export const completionOrder = ({ port, model, prompt, maxTokens }: CompletionOrder): Order => ({
  port,
  path: '/v1/completions',
  body: JSON.stringify({
    model,
    prompt,
    max_tokens: maxTokens,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
  }),
});
