import { describe, expect, it } from 'vitest';
import { compileChatTemplate, type TemplateValues } from './chat-template.ts';
import { createClientText } from './client-text.ts';
import { type PromptTokenizer, promptTokens } from './prompt.ts';

const bos = 1;

/** One token a character code; `^` stands for BOS. */
const tokenizer: PromptTokenizer = {
  tokenize: (text) => Uint32Array.from(text, (character) => (character === '^' ? bos : character.charCodeAt(0))),
  vocabularySize: 256,
  bos,
  chatTemplate: ({ messages }) => `^${messages.map(({ content }) => content).join('')}`,
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
  const said = (messages: TemplateValues['messages']): TemplateValues => ({ messages, tools: null, options: {} });

  it('renders messages with the generation prompt and the special tokens', () => {
    const template = compileChatTemplate(
      '{{ bos_token }}{% for m in messages %}[{{ m.role }}{% if m.name %}/{{ m.name }}{% endif %}]{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}>{% endif %}',
      special,
    );
    expect(template(said([{ role: 'user', content: 'hi', name: 'Ann' }]))).toBe('<s>[user/Ann]hi</s>>');
  });

  it("reports a template's own refusal as the client's error", () => {
    const template = compileChatTemplate("{{ raise_exception('roles must alternate') }}", special);
    expect(() => template(said([]))).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('roles must alternate') }),
    );
  });

  it('knows the date for templates that ask for it', () => {
    expect(compileChatTemplate("{{ strftime_now('%Y') }}", special)(said([]))).toMatch(/^\d{4}$/);
  });

  const tools = [{ type: 'function', function: { name: 'now', parameters: {} } }];
  const calls = [{ id: 'c1', type: 'function' as const, function: { name: 'now', arguments: { zone: 'é' } } }];
  const turn = { role: 'assistant', content: '', tool_calls: calls };

  it('shows tools and further variables', () => {
    const source = '{{ tools[0].function.name }} {{ enable_thinking }} {{ tools | tojson }}';
    const shown = compileChatTemplate(source, special)({ messages: [], tools, options: { enable_thinking: false } });
    expect(shown.startsWith('now false [{')).toBe(true);
  });

  it('gives arguments as an object, and as text to a template that joins texts', () => {
    const loop = (expression: string): string => `{% for c in messages[0].tool_calls %}{{ ${expression} }}{% endfor %}`;
    expect(compileChatTemplate(loop('c.function.arguments.zone'), special)(said([turn]))).toBe('é');
    const joins = loop("c.function.arguments | trim + raise_exception('no text')");
    expect(() => compileChatTemplate(joins, special)(said([turn]))).toThrow('no text');
    const asks =
      '{% if messages[0].tool_calls[0].function.arguments is string %}text{% else %}{{ raise_exception("object") }}{% endif %}';
    expect(compileChatTemplate(asks, special)(said([turn]))).toBe('text');
  });

  it('gives a turn of calls alone no content, where the template looks for that', () => {
    const asks = "{% if messages[0]['content'] is none %}none{% else %}text{% endif %}";
    expect(compileChatTemplate(asks, special)(said([turn]))).toBe('none');
    expect(compileChatTemplate('[{{ messages[0].content }}]', special)(said([turn]))).toBe('[]');
  });
});
