// One choice while it grows: what has been said so far, from GenerationEvents. Shared by both codecs' whole answers.
import type {
  GenerationEnd,
  GenerationEvent,
  PromptEcho,
  SampledLogprob,
  ToolCall,
  ToolCallDelta,
  Usage,
} from '../core/index.ts';

export interface Answer {
  /** The prompt, where it was asked for. */
  echo?: PromptEcho;
  text: string;
  reasoning: string;
  toolCalls: ToolCall[];
  logprobs: SampledLogprob[];
  finishReason: 'stop' | 'length' | 'tool_calls';
  usage: Usage;
}

const noUsage: Usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };

export const emptyAnswer = (): Answer => ({
  text: '',
  reasoning: '',
  toolCalls: [],
  logprobs: [],
  finishReason: 'stop',
  usage: noUsage,
});

export function addToAnswer(answer: Answer, event: GenerationEvent): void {
  if (event.type === 'token-delta') {
    answer.text += event.text;
    answer.reasoning += event.reasoning ?? '';
    for (const piece of event.toolCalls ?? []) addToCalls(answer.toolCalls, piece);
    if (event.logprobs !== undefined) answer.logprobs.push(...event.logprobs);
  } else if (event.type === 'prompt-echo') {
    answer.echo = event;
  } else if (event.type === 'end') {
    answer.finishReason = event.finishReason === 'cancelled' ? 'stop' : event.finishReason;
    answer.usage = event.usage;
  }
}

function addToCalls(calls: ToolCall[], { index, id, name, arguments: text }: ToolCallDelta): void {
  const known = calls[index];
  if (known === undefined) calls[index] = { id: id ?? '', name: name ?? '', arguments: text };
  else calls[index] = { ...known, arguments: known.arguments + text };
}

/** Usage over all choices in OpenAI's words. A prompt that serves several choices counts once. */
export function usageBody(usages: readonly Usage[], prompts = 1) {
  const choicesPerPrompt = Math.max(1, usages.length / prompts);
  const firstOfEach = usages.filter((_, index) => index % choicesPerPrompt === 0);
  const sum = (list: readonly Usage[], key: keyof Usage): number =>
    list.reduce((total, usage) => total + (usage[key] ?? 0), 0);
  const promptTokens = sum(firstOfEach, 'promptTokens');
  const completionTokens = sum(usages, 'completionTokens');
  const hasReasoning = usages.some(({ reasoningTokens }) => reasoningTokens !== undefined);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: sum(firstOfEach, 'cachedTokens') },
    ...(hasReasoning ? { completion_tokens_details: { reasoning_tokens: sum(usages, 'reasoningTokens') } } : {}),
  };
}

/** The last chunk of a stream that asked for its usage; `head` is the codec's opened event up to its choices. */
export function usageChunk(head: string, ends: readonly GenerationEnd[], prompts: number): string {
  const usages = ends.map(({ usage }) => usage);
  return `${head},"choices":[],"usage":${JSON.stringify(usageBody(usages, prompts))}}\n\n`;
}
