// Every option of OpenAI's chat and text completions that this server knows, and the common ones of other servers: what
// becomes of each. The one table behind refusals and behind the list in docs/api.md.

export type Endpoint = 'chat' | 'completions';

export type Engine = 'mlx-text' | 'mlx-vision' | 'llama';

type Option = {
  readonly names: readonly string[];
  readonly on: readonly Endpoint[];
  /** Range, default, or what is said to whoever asks; for docs/api.md. */
  readonly doc: string;
  /** Where an engine's verdict is another: the others refuse it with a 400 that names it. */
  readonly engines?: readonly Engine[];
} & (
  | { readonly verdict: 'honoured' }
  /** Asks for nothing that an answer would show: checked and taken. */
  | { readonly verdict: 'accepted' }
  /** Refused by name, unless it asks for what happens anyway. */
  | { readonly verdict: 'refused'; readonly isHarmless: (value: unknown) => boolean }
);

const both: readonly Endpoint[] = ['chat', 'completions'];
const chat: readonly Endpoint[] = ['chat'];
const completions: readonly Endpoint[] = ['completions'];

const named = (names: string, on: readonly Endpoint[], doc: string) => ({ names: names.split(' '), on, doc });
const honoured = (names: string, on: readonly Endpoint[], doc: string, engines?: readonly Engine[]): Option => ({
  ...named(names, on, doc),
  verdict: 'honoured',
  ...(engines === undefined ? {} : { engines }),
});
const accepted = (names: string, on: readonly Endpoint[], doc: string): Option => ({
  ...named(names, on, doc),
  verdict: 'accepted',
});
const refused = (
  names: string,
  on: readonly Endpoint[],
  rule: { readonly unless: (value: unknown) => boolean; readonly doc: string },
): Option => ({ ...named(names, on, rule.doc), verdict: 'refused', isHarmless: rule.unless });

const never = { unless: () => false, doc: '' };
const only = (...values: readonly unknown[]) => ({
  unless: (value: unknown) => values.includes(value),
  doc: `but for ${values.map((value) => `\`${JSON.stringify(value)}\``).join(' and ')}`,
});
const empty = { unless: (value: unknown) => Array.isArray(value) && value.length === 0, doc: 'but for `[]`' };
const textAlone = {
  unless: (value: unknown) => Array.isArray(value) && value.every((entry) => entry === 'text'),
  doc: 'but for `["text"]`',
};
export const options: readonly Option[] = [
  honoured('model', both, 'a name or an alias; else the default model'),
  honoured('messages', chat, 'up to 10,000; roles `system`, `developer` (the same), `user`, `assistant`, `tool`'),
  honoured('messages.content.image_url', chat, '[vision.md](vision.md)', ['mlx-vision']),
  honoured(
    'prompt',
    completions,
    'a text, token ids, or a list of up to 128 of either; special tokens in it count as such',
  ),
  honoured('temperature', both, '0–2, 0 is greedy; else the model’s `generation_config.json`, else 1'),
  honoured('top_p', both, 'above 0, to 1; else the model’s, else 1'),
  honoured('top_k', both, '0 is off; else the model’s, else 0'),
  honoured('min_p', both, '0–1; else the model’s, else 0'),
  honoured('repetition_penalty', both, 'above 0, to 10; else the model’s, else 1'),
  honoured('presence_penalty frequency_penalty', both, '−2 to 2; else 0'),
  honoured('logit_bias', both, 'token id → −100 to 100, 1024 entries'),
  honoured('seed', both, 'a whole number; else one is drawn, and logged'),
  honoured('stop', both, 'up to 4 strings'),
  honoured('stop_token_ids', both, 'up to 128 token ids that end the answer and are no part of it'),
  honoured('min_tokens', both, 'no end of any kind before so many tokens; at most `max_tokens`; not with a form'),
  honoured('ignore_eos', both, 'the model’s end-of-text tokens are tokens like others; not with a form'),
  honoured('max_tokens', both, 'from 1; chat: else to the end of the context; completions: else 16, and 0 with `echo`'),
  honoured('max_completion_tokens', chat, 'the same, and wins over `max_tokens`'),
  honoured('n', both, '1–128; choice i uses seed + i'),
  honoured('logprobs top_logprobs', chat, '`true`, and up to 20 alternatives'),
  honoured('logprobs', completions, 'up to 20 alternatives; with `echo` of the prompt’s tokens too'),
  honoured('echo', completions, 'the prompt stands before the answer; `max_tokens: 0` scores it'),
  honoured('stream stream_options.include_usage', both, 'false'),
  accepted(
    'stream_options.include_obfuscation',
    both,
    'no padding is ever sent: there is no network to hide sizes from',
  ),
  accepted('user safety_identifier prompt_cache_key', both, 'a text up to 512 characters; nothing is told apart by it'),
  accepted('prompt_cache_retention', both, '`in-memory`, `in_memory`, `24h`: prefixes are kept while there is room'),
  accepted('metadata', both, 'up to 16 texts of 512 characters, by names of 64'),
  accepted('service_tier', both, '`auto`, `default`, `flex`, `scale`, `priority`: there is one'),
  honoured('tools tool_choice parallel_tool_calls', chat, 'up to 128 functions: [tools.md](tools.md)'),
  honoured('reasoning_effort chat_template_kwargs.enable_thinking', chat, 'of models that think: [tools.md](tools.md)'),
  honoured(
    'thinking_budget thinking_token_budget thinking_budget_tokens',
    chat,
    'tokens of thinking at the most, 0 is none, −1 no bound: [tools.md](tools.md)',
  ),
  honoured(
    'response_format',
    both,
    '`text`, `json_object`, `json_schema`: [structured-output.md](structured-output.md)',
  ),
  honoured(
    'json_schema guided_json guided_regex guided_choice structured_outputs',
    both,
    'the same in the words of llama.cpp and vLLM: [structured-output.md](structured-output.md)',
  ),
  honoured('grammar guided_grammar', both, 'a grammar in the dialect that the engine takes, told apart by `::=`'),
  honoured('lark', both, 'a grammar in Lark', ['mlx-text', 'mlx-vision']),
  honoured('gbnf', both, 'a grammar in GBNF', ['llama']),
  refused('functions function_call', chat, { ...empty, doc: 'their names are `tools` and `tool_choice` now' }),
  refused('modalities', chat, textAlone),
  refused('verbosity', chat, only('medium')),
  refused('store', both, only(false)),
  refused('best_of', completions, {
    unless: () => true,
    doc: 'but for the value of `n`: answers are not compared',
  }),
  refused('suffix', completions, { ...only(''), doc: 'but for `""`: prompts are not filled in the middle' }),
  refused('audio prediction web_search_options moderation prompt_cache_options', chat, never),
  refused('chat_template', chat, never),
  refused('prompt_logprobs logits_processors allowed_token_ids bad_words truncate_prompt_tokens', both, never),
  refused('use_beam_search', both, only(false)),
  refused('length_penalty repeat_penalty typical_p tfs_z top_a dynatemp_exponent', both, only(1, 0)),
  refused('mirostat dynatemp_range xtc_probability dry_multiplier', both, only(0)),
];

/** What `refuseUnsupported` looks at for an endpoint: name → whether a value asks for nothing. */
export function refusalsOf(endpoint: Endpoint): Readonly<Record<string, (value: unknown) => boolean>> {
  const entries = options.flatMap((option) =>
    option.verdict === 'refused' && option.on.includes(endpoint)
      ? option.names.map((name) => [name, option.isHarmless] as const)
      : [],
  );
  return Object.fromEntries(entries);
}
