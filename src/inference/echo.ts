// The journey of a Generation that wants its prompt back in front of its answer. A prompt of tokens is put into words by
// the model's tokenizer.
import type { Generation, PromptLogprob } from '../core/index.ts';
import type { Generate } from './generate.ts';
import type { Tokenizers } from './tokenize.ts';

export const withEcho = (generate: Generate, tokenizers: Pick<Tokenizers, 'detokenize'>): Generate =>
  async function* echoing(generation, options) {
    if (generation.echo !== true) {
      yield* generate(generation, options);
      return;
    }
    const text = await textOf(generation, tokenizers, options.signal);
    let told = false;
    for await (const event of generate(generation, options)) {
      const entries = event.type === 'prompt-logprobs' ? event.entries : undefined;
      if (!told && isTime(generation, event.type)) {
        told = true;
        yield {
          type: 'prompt-echo',
          text,
          ...(entries === undefined ? {} : { entries: [...entries] as PromptLogprob[] }),
        };
      }
      if (event.type !== 'prompt-logprobs') yield event;
    }
  };

/** Before anything of the answer, and with the prompt's logprobs where they were asked for. */
const isTime = ({ promptLogprobs }: Generation, type: string): boolean =>
  promptLogprobs === undefined ? type !== 'admitted' : type === 'prompt-logprobs';

async function textOf(
  { id, model, input }: Generation,
  tokenizers: Pick<Tokenizers, 'detokenize'>,
  signal: AbortSignal,
) {
  if (input.kind === 'text') return input.text;
  if (input.kind === 'tokens') return tokenizers.detokenize(model, input.tokenIds, { requestId: id, signal });
  throw new Error('a chat has no text to echo');
}
