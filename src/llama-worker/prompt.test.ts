import { describe, expect, it } from 'vitest';
import { compileChatTemplate } from './chat-template.ts';
import { createClientText } from './client-text.ts';
import { type PromptTokenizer, promptTokens } from './prompt.ts';

const bos = 1;

/** One token a character code; `^` stands for BOS. */
const tokenizer: PromptTokenizer = {
  tokenize: (text) => Uint32Array.from(text, (character) => (character === '^' ? bos : character.charCodeAt(0))),
  vocabularySize: 256,
  bos,
  chatTemplate: (messages) => `^${messages.map(({ content }) => content).join('')}`,
  clientText: createClientText([], []),
};

const chat = (content: string) => ({ kind: 'chat' as const, messages: [{ role: 'user', content }] });

describe('promptTokens', () => {
  it('puts BOS in front of text', () => {
    expect([...promptTokens(tokenizer, { kind: 'text', text: 'a' })]).toEqual([bos, 97]);
  });

  it('does not double a BOS that the template wrote', () => {
    expect([...promptTokens(tokenizer, chat('a'))]).toEqual([bos, 97]);
  });

  it('adds no BOS that the model does not want', () => {
    expect([...promptTokens({ ...tokenizer, bos: null }, { kind: 'text', text: 'a' })]).toEqual([97]);
  });

  it('takes token ids as they are', () => {
    expect([...promptTokens(tokenizer, { kind: 'tokens', tokenIds: [5, 6] })]).toEqual([5, 6]);
  });

  it.each([
    ['a token beyond the vocabulary', { kind: 'tokens' as const, tokenIds: [256] }, 'invalid_request', 'prompt'],
    [
      'a megabyte of text',
      { kind: 'text' as const, text: 'x'.repeat(2 ** 20 + 1) },
      'context_length_exceeded',
      'prompt',
    ],
    ['a megabyte of chat', chat('x'.repeat(2 ** 20)), 'context_length_exceeded', 'messages'],
    ['an empty prompt', { kind: 'tokens' as const, tokenIds: [] }, 'invalid_request', 'prompt'],
  ])('refuses %s', (_what, input, code, param) => {
    expect(() => promptTokens(tokenizer, input)).toThrow(expect.objectContaining({ code, param }));
  });

  it('refuses a chat when the model has no template', () => {
    expect(() => promptTokens({ ...tokenizer, chatTemplate: null }, chat('a'))).toThrow(
      expect.objectContaining({ code: 'model_unsupported' }),
    );
  });
});

describe('compileChatTemplate', () => {
  const special = { bos: '<s>', eos: '</s>' };

  it('renders messages with the generation prompt and the special tokens', () => {
    const template = compileChatTemplate(
      '{{ bos_token }}{% for m in messages %}[{{ m.role }}{% if m.name %}/{{ m.name }}{% endif %}]{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}>{% endif %}',
      special,
    );
    expect(template([{ role: 'user', content: 'hi', name: 'Ann' }])).toBe('<s>[user/Ann]hi</s>>');
  });

  it("reports a template's own refusal as the client's error", () => {
    const template = compileChatTemplate("{{ raise_exception('roles must alternate') }}", special);
    expect(() => template([])).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('roles must alternate') }),
    );
  });

  it('knows the date for templates that ask for it', () => {
    expect(compileChatTemplate("{{ strftime_now('%Y') }}", special)([])).toMatch(/^\d{4}$/);
  });
});
