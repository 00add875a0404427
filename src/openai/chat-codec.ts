// GenerationEvents → chat.completion and chat.completion.chunk. The hot path joins prepared strings: a chunk differs from
// the last in its text alone.
import type { SampledLogprob, TokenLogprob } from '../core/index.ts';
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
      delta: (index, { text, logprobs }) => {
        if (text === '' && logprobs === undefined) return '';
        const shown = logprobs === undefined ? 'null' : JSON.stringify(logprobsBody(logprobs));
        return choice(index, `{"content":${JSON.stringify(text)}}`, shown, 'null');
      },
      closing: (index, { finishReason }) => choice(index, '{}', 'null', `"${finishReason}"`),
      usage: (ends) => usageChunk(head, ends, about.prompts),
    };
  },

  whole: (about, answers) => ({
    ...envelope(about, 'chat.completion'),
    choices: answers.map(({ text, logprobs, finishReason }, index) => ({
      index,
      message: { role: 'assistant', content: text, refusal: null },
      logprobs: logprobs.length === 0 ? null : logprobsBody(logprobs),
      finish_reason: finishReason,
    })),
    usage: usageBody(
      answers.map(({ usage }) => usage),
      about.prompts,
    ),
  }),
};
