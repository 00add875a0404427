// What comes back up the road for one Generation: progress, text with its tokens, one end.

export interface TokenLogprob {
  readonly tokenId: number;
  /** The token alone as text; bytes that are no UTF-8 show as U+FFFD. */
  readonly text: string;
  /** Natural logarithm of the probability before temperature and truncation. */
  readonly logprob: number;
}

export interface SampledLogprob extends TokenLogprob {
  readonly top: readonly TokenLogprob[];
}

/**
 * `stop`: end token or stop sequence. `length`: maxTokens or context reached. `tool_calls`: a stop behind calls of tools.
 * `cancelled`: asked to.
 */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'cancelled';

export interface Usage {
  readonly promptTokens: number;
  /** Of promptTokens, those taken from the prefix cache. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Of completionTokens, those that the model thought with; undefined where nobody looked. */
  readonly reasoningTokens?: number | undefined;
}

export interface WorkerTimings {
  readonly prefillMs: number;
  readonly decodeMs: number;
}

export interface Admitted {
  readonly type: 'admitted';
  /** The model that answers, by its full name. */
  readonly model: string;
  /** Time spent behind others, in milliseconds; 0 when the request did not queue. */
  readonly queueWaitMs: number;
}

export interface PrefillProgress {
  readonly type: 'prefill-progress';
  /** Prompt tokens done, cached ones included, of `total`. */
  readonly processed: number;
  readonly total: number;
  readonly cached: number;
  /** How the prompt of a chat ends, in its last few tokens; undefined where the worker does not say. */
  readonly promptEnd?: string | undefined;
}

/** A token of the prompt. */
export interface PromptLogprob {
  readonly tokenId: number;
  readonly text: string;
  /** Null for the first one, which nothing precedes. */
  readonly logprob: number | null;
  readonly top: readonly TokenLogprob[];
}

/** All tokens of the prompt, when asked for, once and before the first token of the answer. */
export interface PromptLogprobs {
  readonly type: 'prompt-logprobs';
  readonly entries: readonly PromptLogprob[];
}

/** The prompt in words, in front of the answer. */
export interface PromptEcho {
  readonly type: 'prompt-echo';
  readonly text: string;
  /** Its tokens, where their logprobs were asked for. */
  readonly entries?: readonly PromptLogprob[] | undefined;
}

/** A piece of a call. The first piece of a call has `id` and `name`; the pieces of `arguments` add up to JSON text. */
export interface ToolCallDelta {
  /** Counts the calls of this answer from 0. */
  readonly index: number;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly arguments: string;
}

export interface TokenDelta {
  readonly type: 'token-delta';
  /** Every token that was sampled, also one whose text is still held back. */
  readonly tokenIds: readonly number[];
  /** Text that is certain: whole characters, no part of a stop sequence. May be empty. */
  readonly text: string;
  /** Where the deltas of several steps became one: what each of them had of `text` and `tokenIds`. */
  readonly pieces?: readonly { readonly text: string; readonly tokens: number }[] | undefined;
  /** What the model thought aloud, taken out of `text`. */
  readonly reasoning?: string | undefined;
  /** Calls of tools, taken out of `text`. */
  readonly toolCalls?: readonly ToolCallDelta[] | undefined;
  readonly logprobs?: readonly SampledLogprob[] | undefined;
}

export interface GenerationEnd {
  readonly type: 'end';
  readonly finishReason: FinishReason;
  /** The stop sequence that matched, if one did. */
  readonly stopSequence: string | null;
  readonly usage: Usage;
  readonly timings: WorkerTimings;
}

export type GenerationEvent = Admitted | PrefillProgress | PromptLogprobs | PromptEcho | TokenDelta | GenerationEnd;
