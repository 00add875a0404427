// How long the prompt of a Generation is: it is sent on the journey, and called back as soon as its worker has counted it.
import { type Generation, ServerError } from '../core/index.ts';
import type { Generate, GenerateOptions } from './generate.ts';

/** Tokens of the prompt, template and images included. Throws what the journey throws. */
export type CountTokens = (generation: Generation, options: GenerateOptions) => Promise<number>;

export const createCountTokens =
  (generate: Generate): CountTokens =>
  async (generation, options) => {
    for await (const event of generate(generation, options)) {
      if (event.type === 'prefill-progress') return event.total;
      if (event.type === 'end') return event.usage.promptTokens;
    }
    throw new ServerError('internal', 'The prompt was not counted.');
  };
