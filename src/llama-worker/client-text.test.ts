import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClientText } from './client-text.ts';
import { type PromptTokenizer, promptTokens } from './prompt.ts';

const special = ['<|im_end|>', '</s>'];
const spoken = ['<think>', '   '];
const clientText = createClientText(special, spoken);

/** What a template would make of the messages, in pieces. */
const pieces = (message: object, role = 'user', render: (messages: unknown) => string = JSON.stringify): string[] =>
  clientText.pieces({ messages: [{ role, ...message }], tools: null }, render);

const contentAndPixels = (messages: unknown): string => {
  const [{ content, pixels }] = messages as [{ content: string; pixels: Uint8Array }];
  return content + pixels.length;
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
    const message = { role: 'user', content: 'a   b', pixels: new Uint8Array(3) };
    expect(pieces(message, 'user', (messages) => contentAndPixels(messages))).toEqual(['a   b3']);
  });

  it('keeps what a model may write in an assistant turn, and no more', () => {
    expect(pieces({ content: '<think>' }, 'assistant')).toHaveLength(1);
    expect(pieces({ content: '<think><|im_end|>' }, 'assistant')).toHaveLength(2);
  });

  it('keeps its private characters, whole or escaped by the template', () => {
    const render = (messages: unknown) => JSON.stringify(messages).replace('\ue001', '\\ue001');
    expect(pieces({ content: '\ue000</s>' }, 'user', render).map((piece) => piece.slice(-6))).toEqual([
      't":"\ue000<',
      '/s>"}]',
    ]);
  });

  it('is cut in time linear in its length, whatever the number of tokens', () => {
    const many = createClientText(
      Array.from({ length: 6000 }, (_, index) => `<unused${index}>`),
      [],
    );
    const text = `${'<unused'.repeat(100_000)}<unused5999>${'<'.repeat(100_000)}`;
    const chat = { messages: [{ role: 'user', content: text }], tools: null };
    expect(many.pieces(chat, ([message]) => message!.content)).toHaveLength(2);
  });
});

describe('a text of a client and what stands beside it', () => {
  const user = createClientText(['<|user|>', '<|end|>', '<|turn|>'], []);
  const scrap = fc.constantFrom(
    '<',
    '|',
    '<|',
    'us',
    'er',
    'user',
    '|>',
    '>',
    '<|user|>',
    '<|end',
    'end|>',
    ' ',
    '',
    'tea',
  );
  const text = fc.array(scrap, { maxLength: 4 }).map((scraps) => scraps.join(''));
  const markers = /<\|(?:user|end|turn)\|>/g;
  const markersIn = (pieces: readonly string[]): string[] => pieces.flatMap((piece) => piece.match(markers) ?? []);

  it('make no token together, whatever it is, unless the template wrote all of it', () => {
    fc.assert(
      fc.property(text, text, text, text, (name, content, key, value) => {
        const chat = { messages: [{ role: 'user', name, content, extra: { [key]: value } }], tools: null };
        const render = ([message]: typeof chat.messages): string => {
          const extra = Object.entries(message!.extra).flat().join('');
          return `<|turn|>${message!.name}${message!.content.trim()}|>${extra}<<|end|>`;
        };
        const pieces = user.pieces(chat, (messages) => render([...messages]));
        expect(pieces.join('')).toBe(render(chat.messages));
        expect(markersIn(pieces)).toEqual(['<|turn|>', '<|end|>']);
      }),
      { numRuns: 1000 },
    );
  });

  it('stay one piece where they make none', () => {
    for (const content of ['a <', '<|us', 'er|>', '>', 'user', '|', ' < ']) {
      const chat = { messages: [{ role: 'user', content }], tools: [{ type: 'function', user: content }] };
      const pieces = user.pieces(chat, ([message], [tool]: typeof chat.tools) => `${message!.content}"${tool!.user}"`);
      expect(pieces).toEqual([`${content}"${content}"`]);
    }
  });
});

describe('the pieces of a prompt', () => {
  /** Upper-case letters are special; a text that begins with a letter gets a space in front, as SentencePiece does. */
  const tokenizer: PromptTokenizer = {
    tokenize: (text) => Uint32Array.from(/^\w/.test(text) ? ` ${text}` : text, (character) => character.charCodeAt(0)),
    vocabularySize: 256,
    bos: null,
    chatTemplate: ({ messages: [message] }) => `[${String(message?.content)}]`,
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
