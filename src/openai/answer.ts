// One choice while it grows: what has been said so far, from GenerationEvents. Shared by both codecs' whole answers.
import type { GenerationEnd, GenerationEvent, PromptEcho, SampledLogprob, Usage } from '../core/index.ts';

export interface Answer {
  /** The prompt, where it was asked for. */
  echo?: PromptEcho;
  text: string;
  logprobs: SampledLogprob[];
  finishReason: 'stop' | 'length';
  usage: Usage;
}

const noUsage: Usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };

export const emptyAnswer = (): Answer => ({ text: '', logprobs: [], finishReason: 'stop', usage: noUsage });

export function addToAnswer(answer: Answer, event: GenerationEvent): void {
  if (event.type === 'token-delta') {
    answer.text += event.text;
    if (event.logprobs !== undefined) answer.logprobs.push(...event.logprobs);
  } else if (event.type === 'prompt-echo') {
    answer.echo = event;
  } else if (event.type === 'end') {
    answer.finishReason = event.finishReason === 'length' ? 'length' : 'stop';
    answer.usage = event.usage;
  }
}

/** Usage over all choices in OpenAI's words. A prompt that serves several choices counts once. */
export function usageBody(usages: readonly Usage[], prompts = 1) {
  const choicesPerPrompt = Math.max(1, usages.length / prompts);
  const firstOfEach = usages.filter((_, index) => index % choicesPerPrompt === 0);
  const sum = (list: readonly Usage[], key: keyof Usage): number =>
    list.reduce((total, usage) => total + usage[key], 0);
  const promptTokens = sum(firstOfEach, 'promptTokens');
  const completionTokens = sum(usages, 'completionTokens');
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: sum(firstOfEach, 'cachedTokens') },
  };
}

/** The last chunk of a stream that asked for its usage; `head` is the codec's opened event up to its choices. */
export function usageChunk(head: string, ends: readonly GenerationEnd[], prompts: number): string {
  const usages = ends.map(({ usage }) => usage);
  return `${head},"choices":[],"usage":${JSON.stringify(usageBody(usages, prompts))}}\n\n`;
}
