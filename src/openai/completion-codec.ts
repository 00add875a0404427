// GenerationEvents → text_completion, whole and in chunks (OpenAI uses one object name for both).
import type { PromptEcho, PromptLogprob, SampledLogprob } from '../core/index.ts';
import { type Answer, addToAnswer, emptyAnswer, usageBody, usageChunk } from './answer.ts';
import type { AnswerAbout, Codec } from './codec.ts';
import { openaiFraming } from './openai-framing.ts';

/** OpenAI's older shape: parallel lists. `offset` is where the first token's text begins in the answer, in characters. */
function logprobsBody(entries: readonly PromptLogprob[], offset: number) {
  let position = offset;
  const offsets = entries.map(({ text }) => {
    const start = position;
    position += text.length;
    return start;
  });
  return {
    tokens: entries.map(({ text }) => text),
    token_logprobs: entries.map(({ logprob }) => logprob),
    // Nothing precedes the first token of a prompt, so nothing might have stood there.
    top_logprobs: entries.map(({ top, logprob: own }) =>
      own === null ? null : Object.fromEntries(top.map(({ text, logprob }) => [text, logprob])),
    ),
    text_offset: offsets,
  };
}

/** Of prompt and answer; null where none were asked for. The answer's offsets count from the end of the prompt's text. */
function wholeLogprobs(echo: PromptEcho | undefined, logprobs: readonly SampledLogprob[]) {
  const prompt = logprobsBody(echo?.entries ?? [], 0);
  const answer = logprobsBody(logprobs, echo?.text.length ?? 0);
  if (prompt.tokens.length + answer.tokens.length === 0) return null;
  return {
    tokens: [...prompt.tokens, ...answer.tokens],
    token_logprobs: [...prompt.token_logprobs, ...answer.token_logprobs],
    top_logprobs: [...prompt.top_logprobs, ...answer.top_logprobs],
    text_offset: [...prompt.text_offset, ...answer.text_offset],
  };
}

const envelope = ({ id, model, created }: AnswerAbout) => ({ id, object: 'text_completion', created, model });

export const completionCodec: Codec<Answer> = {
  idPrefix: 'cmpl-',
  framing: openaiFraming,
  empty: emptyAnswer,
  add: addToAnswer,

  stream(about) {
    const head = `data: ${JSON.stringify(envelope(about)).slice(0, -1)}`;
    const tail = about.includeUsage ? ',"usage":null}\n\n' : '}\n\n';
    const written = new Map<number, number>();
    const choice = (index: number, text: string, logprobs: string, finish: string): string =>
      `${head},"choices":[{"index":${index},"text":${text},"logprobs":${logprobs},"finish_reason":${finish}}]${tail}`;
    return {
      opening: () => '',
      prompt: (index, { text, entries }) => {
        written.set(index, text.length);
        return choice(index, JSON.stringify(text), entries ? JSON.stringify(logprobsBody(entries, 0)) : 'null', 'null');
      },
      delta: (index, { text, logprobs }) => {
        if (text === '' && logprobs === undefined) return '';
        const offset = written.get(index) ?? 0;
        written.set(index, offset + text.length);
        const shown = logprobs === undefined ? 'null' : JSON.stringify(logprobsBody(logprobs, offset));
        return choice(index, JSON.stringify(text), shown, 'null');
      },
      closing: (index, { finishReason }) => choice(index, '""', 'null', `"${finishReason}"`),
      usage: (ends) => usageChunk(head, ends, about.prompts),
    };
  },

  whole: (about, answers) => ({
    ...envelope(about),
    choices: answers.map(({ echo, text, logprobs, finishReason }, index) => ({
      index,
      text: (echo?.text ?? '') + text,
      logprobs: wholeLogprobs(echo, logprobs),
      finish_reason: finishReason,
    })),
    usage: usageBody(
      answers.map(({ usage }) => usage),
      about.prompts,
    ),
  }),
};
