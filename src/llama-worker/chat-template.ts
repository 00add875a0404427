// The model's own chat template, compiled once. Knows nothing of tokens.
import { Template } from '@huggingface/jinja';
import { type ChatMessage, ServerError } from '../core/index.ts';

export type ChatTemplate = (messages: readonly ChatMessage[]) => string;

const maxReasonCharacters = 500;

/**
 * Renders as Hugging Face does: with the generation prompt, `bos_token`, `eos_token`, and the helpers
 * `raise_exception` and `strftime_now`, which the library brings.
 *
 * @throws Error when the template does not parse; the returned function throws ServerError invalid_request
 */
export function compileChatTemplate(source: string, specialTokens: { bos: string; eos: string }): ChatTemplate {
  const template = new Template(source);
  return (messages) => {
    try {
      return template.render({
        messages: messages.map(({ role, content, name }) =>
          name === undefined ? { role, content } : { role, content, name },
        ),
        add_generation_prompt: true,
        bos_token: specialTokens.bos,
        eos_token: specialTokens.eos,
      });
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).slice(0, maxReasonCharacters);
      throw new ServerError('invalid_request', `The model's chat template does not take these messages: ${reason}`, {
        param: 'messages',
      });
    }
  };
}
