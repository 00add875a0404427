// The model's own chat template, compiled once. Knows nothing of tokens.
import { Template } from '@huggingface/jinja';
import { ServerError } from '../core/index.ts';
import type { Generate } from '../ipc/index.ts';

export type ChatMessages = Extract<Generate['input'], { kind: 'chat' }>['messages'];
export type ChatTemplate = (messages: ChatMessages) => string;

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
    refuseImages(messages);
    try {
      return template.render({
        messages: messages.map((message) => ({ ...message, content: textOf(message.content) })),
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

/** @throws ServerError model_unsupported */
function refuseImages(messages: ChatMessages): void {
  const parts = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content));
  if (parts.every(({ type }) => type === 'text')) return;
  throw new ServerError('model_unsupported', 'This model takes no images.', { param: 'messages' });
}

const textOf = (content: ChatMessages[number]['content']): string =>
  typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
