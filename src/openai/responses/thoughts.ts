// What a model thought, as an item carries it. `encrypted_content` is for clients that keep the conversation themselves:
// it is the text in base64, not encrypted, because the thoughts are the client's own.

const mark = 'plain.';

export const wrapThoughts = (text: string): string => `${mark}${Buffer.from(text).toString('base64')}`;

export interface Thoughts {
  readonly summary?: readonly { readonly text: string }[] | undefined;
  readonly content?: readonly { readonly text: string }[] | undefined;
  readonly encrypted_content?: string | undefined;
}

/** Empty where an item holds nothing but what another server encrypted. */
export function readThoughts({ summary = [], content = [], encrypted_content: wrapped }: Thoughts): string {
  if (content.length > 0) return content.map(({ text }) => text).join('\n');
  if (wrapped?.startsWith(mark) === true) return Buffer.from(wrapped.slice(mark.length), 'base64').toString();
  return summary.map(({ text }) => text).join('\n');
}
