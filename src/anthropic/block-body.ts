// A block of an answer in Anthropic's words: whole, as it begins, and its pieces.
import { createHash } from 'node:crypto';
import { type AnswerBlock, argumentsOf } from '../openai/index.ts';

/** What clients must have and send back with a thought. Thoughts are not secret here: it is a digest, and is not checked. */
export const signatureOf = (thinking: string): string => createHash('sha256').update(thinking).digest('base64');

/** A block as it stands in a whole message. */
export function blockBody(block: AnswerBlock): object {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text, citations: null };
    case 'thought':
      return { type: 'thinking', thinking: block.text, signature: signatureOf(block.text) };
    case 'call':
      return {
        type: 'tool_use',
        id: block.id,
        name: block.name,
        input: argumentsOf(block),
        caller: { type: 'direct' },
      };
  }
}

/** A block before anything is in it. */
export function begunBody(block: AnswerBlock): object {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '', citations: null };
    case 'thought':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'call':
      return { type: 'tool_use', id: block.id, name: block.name, input: {}, caller: { type: 'direct' } };
  }
}

/** JSON of a piece of a block. */
export function pieceJson({ type }: AnswerBlock, text: string): string {
  switch (type) {
    case 'text':
      return `{"type":"text_delta","text":${JSON.stringify(text)}}`;
    case 'thought':
      return `{"type":"thinking_delta","thinking":${JSON.stringify(text)}}`;
    case 'call':
      return `{"type":"input_json_delta","partial_json":${JSON.stringify(text)}}`;
  }
}
