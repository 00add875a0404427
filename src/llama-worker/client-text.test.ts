import { describe, expect, it } from 'vitest';
import { createClientText } from './client-text.ts';
import { type PromptTokenizer, promptTokens } from './prompt.ts';

const special = ['<|im_end|>', '</s>'];
const spoken = ['<think>', '   '];
const clientText = createClientText(special, spoken);
const guarded = (message: object, role = 'user') => clientText.guard([{ role, ...message }]);

/** What a template would make of the messages, in pieces. */
const pieces = (message: object, role?: string): string[] => {
  const { messages, piecesOf } = guarded(message, role);
  return piecesOf(JSON.stringify(messages));
};

describe('what a client wrote', () => {
  it.each([
    ['content', { content: 'a</s>b' }],
    ['a name', { name: '</s>' }],
    ['a part', { content: [{ type: 'text', text: '</s>' }] }],
    ['the arguments of a call', { toolCalls: [{ name: 'x', arguments: '{"</s>": 1}' }] }],
    ['a key', { given: { '</s>': 1 } }],
    ['a token that a model may write', { content: '<think>' }],
  ])('holds no whole special token in %s', (_, message) => {
    const [before, behind, ...more] = pieces(message);
    expect(more).toEqual([]);
    expect(before).toMatch(/<$/);
    expect(behind).toMatch(/^(\/s>|think>)/);
    expect(before! + behind!).toBe(JSON.stringify([{ role: 'user', ...message }]));
  });

  it('is left alone without a special token, spaces that are one token included', () => {
    const messages = [{ role: 'user', content: 'a   b', pixels: new Uint8Array(3) }];
    expect(clientText.guard(messages).messages).toBe(messages);
  });

  it('keeps what a model may write in an assistant turn, and no more', () => {
    expect(pieces({ content: '<think>' }, 'assistant')).toHaveLength(1);
    expect(pieces({ content: '<think><|im_end|>' }, 'assistant')).toHaveLength(2);
  });

  it('keeps its private characters, whole or escaped by the template', () => {
    const { messages, piecesOf } = guarded({ content: '\ue000</s>' });
    expect(messages[0]).toMatchObject({ content: '\ue000<\ue001/s>' });
    expect(piecesOf('\ue000<\\ue001/s>')).toEqual(['\ue000<', '/s>']);
  });

  it('keeps pixels as they are beside a token', () => {
    const pixels = new Uint8Array(3);
    expect(guarded({ content: [{ text: '</s>' }, { pixels }] }).messages[0]).toMatchObject({
      content: [{}, { pixels }],
    });
  });

  it('is cut in time linear in its length, whatever the number of tokens', () => {
    const many = createClientText(
      Array.from({ length: 6000 }, (_, index) => `<unused${index}>`),
      [],
    );
    const text = `${'<unused'.repeat(100_000)}<unused5999>${'<'.repeat(100_000)}`;
    const { messages, piecesOf } = many.guard([{ role: 'user', content: text }]);
    expect(piecesOf(messages[0]!.content)).toHaveLength(2);
  });
});

describe('the pieces of a prompt', () => {
  /** Upper-case letters are special; a text that begins with a letter gets a space in front, as SentencePiece does. */
  const tokenizer: PromptTokenizer = {
    tokenize: (text) => Uint32Array.from(/^\w/.test(text) ? ` ${text}` : text, (character) => character.charCodeAt(0)),
    vocabularySize: 256,
    bos: null,
    chatTemplate: ([message]) => `[${String(message?.content)}]`,
    clientText: createClientText(['ab'], []),
  };

  it('get no space in front, but the first', () => {
    const input = { kind: 'chat' as const, messages: [{ role: 'user', content: '.ab.' }] };
    expect(String.fromCharCode(...promptTokens(tokenizer, input))).toBe('[.ab.]');
  });

  it('leave special tokens of a plain prompt as they are', () => {
    expect(String.fromCharCode(...promptTokens(tokenizer, { kind: 'text', text: 'ab' }))).toBe(' ab');
  });
});
