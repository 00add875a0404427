// How long the prompt of a chat is: it is sent on the journey, and called back as soon as its worker has counted it.
import { type ChatInput, ServerError } from '../core/index.ts';
import type { Generate, GenerateOptions } from './generate.ts';

export interface CountOptions extends GenerateOptions {
  readonly requestId: string;
}

/** Tokens of the prompt, template and images included. Throws what the journey throws. */
export type CountTokens = (model: string | undefined, chat: ChatInput, options: CountOptions) => Promise<number>;

export const createCountTokens =
  (generate: Generate): CountTokens =>
  async (model, input, { requestId: id, ...options }) => {
    const least = { sampling: {}, stop: [], maxTokens: 1, topLogprobs: undefined, priority: 'normal' } as const;
    for await (const event of generate({ id, model, input, ...least }, options)) {
      if (event.type === 'prefill-progress') return event.total;
      if (event.type === 'end') return event.usage.promptTokens;
    }
    throw new ServerError('internal', 'The prompt was not counted.');
  };
