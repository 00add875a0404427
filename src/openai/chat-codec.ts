// GenerationEvents → chat.completion and chat.completion.chunk. The hot path joins prepared strings: a chunk differs from
// the last in its text alone.
import type { SampledLogprob, TokenLogprob, ToolCall, ToolCallDelta } from '../core/index.ts';
import { type Answer, addToAnswer, emptyAnswer, usageBody, usageChunk } from './answer.ts';
import type { AnswerAbout, Codec } from './codec.ts';
import { openaiFraming } from './openai-framing.ts';

const encoder = new TextEncoder();

const tokenBody = ({ text, logprob }: TokenLogprob) => ({ token: text, logprob, bytes: [...encoder.encode(text)] });

const logprobsBody = (entries: readonly SampledLogprob[]) => ({
  content: entries.map((entry) => ({ ...tokenBody(entry), top_logprobs: entry.top.map(tokenBody) })),
  refusal: null,
});

const envelope = ({ id, model, created }: AnswerAbout, object: string) => ({
  id,
  object,
  created,
  model,
  system_fingerprint: null,
});

const thoughtBody = (reasoning: string): string => `{"reasoning_content":${JSON.stringify(reasoning)}}`;

/** Id, type and name come with a call's first piece alone. */
const callsBody = (pieces: readonly ToolCallDelta[]): string =>
  JSON.stringify({
    tool_calls: pieces.map(({ index, id, name, arguments: text }) =>
      id === undefined
        ? { index, function: { arguments: text } }
        : { index, id, type: 'function', function: { name, arguments: text } },
    ),
  });

const wholeCall = ({ id, name, arguments: text }: ToolCall) => ({
  id,
  type: 'function',
  function: { name, arguments: text },
});

export const chatCodec: Codec<Answer> = {
  idPrefix: 'chatcmpl-',
  framing: openaiFraming,
  empty: emptyAnswer,
  add: addToAnswer,

  stream(about) {
    const head = `data: ${JSON.stringify(envelope(about, 'chat.completion.chunk')).slice(0, -1)}`;
    const tail = about.includeUsage ? ',"usage":null}\n\n' : '}\n\n';
    const choice = (index: number, delta: string, logprobs: string, finish: string): string =>
      `${head},"choices":[{"index":${index},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finish}}]${tail}`;
    return {
      opening: (index) => choice(index, '{"role":"assistant","content":"","refusal":null}', 'null', 'null'),
      delta: (index, { text, logprobs, reasoning, toolCalls }) => {
        const thought = reasoning === undefined ? '' : choice(index, thoughtBody(reasoning), 'null', 'null');
        const calls = toolCalls === undefined ? '' : choice(index, callsBody(toolCalls), 'null', 'null');
        if (text === '' && logprobs === undefined) return thought + calls;
        const shown = logprobs === undefined ? 'null' : JSON.stringify(logprobsBody(logprobs));
        return thought + choice(index, `{"content":${JSON.stringify(text)}}`, shown, 'null') + calls;
      },
      closing: (index, { finishReason }) => choice(index, '{}', 'null', `"${finishReason}"`),
      usage: (ends) => usageChunk(head, ends, about.prompts),
    };
  },

  whole: (about, answers) => ({
    ...envelope(about, 'chat.completion'),
    choices: answers.map(({ text, reasoning, toolCalls, logprobs, finishReason }, index) => ({
      index,
      message: {
        role: 'assistant',
        content: text === '' && toolCalls.length > 0 ? null : text,
        refusal: null,
        ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
        ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(wholeCall) }),
      },
      logprobs: logprobs.length === 0 ? null : logprobsBody(logprobs),
      finish_reason: finishReason,
    })),
    usage: usageBody(
      answers.map(({ usage }) => usage),
      about.prompts,
    ),
  }),
};
