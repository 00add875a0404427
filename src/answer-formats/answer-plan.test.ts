import { describe, expect, it } from 'vitest';
import { templates, tools } from '../../test/fixtures/answers/transcripts.ts';
import type { AskedConstraint, ChatInput, Constraint } from '../core/index.ts';
import { planAnswer } from './answer-plan.ts';
import { readWording } from './wording.ts';

const weather = tools[0]!;
const plan = (format: string, input: Partial<ChatInput>, constraint?: AskedConstraint) =>
  planAnswer({ kind: 'chat', messages: [], tools, ...input }, { wording: readWording(templates[format]), constraint });
const tagsOf = (format: string, input: Partial<ChatInput>) => {
  const form = plan(format, input).constraint?.form;
  return form?.kind === 'tagged' ? form : undefined;
};

describe('the form of calls', () => {
  it('is asked for where a call is', () => {
    const { form, after } = plan('generic', { toolChoice: 'required', parallelToolCalls: true }).constraint!;
    expect(after).toBeNull();
    expect(form).toMatchObject({ kind: 'tagged', separator: '\n', many: true, trigger: null });
    expect(form).toHaveProperty('tags[0]', {
      begin: '<tool_call>\n{"name": "get_weather", "arguments": ',
      schema: JSON.stringify(weather.parameters),
      end: '}\n</tool_call>',
    });
    expect(plan('generic', {}).constraint).toBeUndefined();
  });

  it('is that of one call where one is asked for, or the form knows no more', () => {
    expect(tagsOf('hermes', { toolChoice: { name: 'now' } })).toMatchObject({ many: false, tags: [{}] });
    expect(tagsOf('hermes', { toolChoice: 'required' })?.many).toBe(false);
    expect(tagsOf('deepseek-v3.1', { toolChoice: 'required', parallelToolCalls: true })?.many).toBe(false);
  });

  it('waits for a call where one may be left out, and holds strict tools alone to their schemas', () => {
    const strict = [{ ...weather, strict: true }, tools[2]!];
    const form = tagsOf('mistral-args', { tools: strict });
    expect(form?.trigger).toBe('[TOOL_CALLS]');
    expect(form?.tags.map(({ schema }) => JSON.parse(schema))).toEqual([weather.parameters, { type: 'object' }]);
    for (const { begin } of form!.tags) expect(begin.startsWith(form!.trigger!)).toBe(true);
  });

  it('begins behind the thinking of a model that thinks', () => {
    const thinks = { toolChoice: 'required' as const };
    expect(plan('hermes', { ...thinks, thinking: { enabled: true } }).constraint?.after).toBe('</think>');
    expect(plan('hermes', { ...thinks, thinking: { enabled: false } }).constraint?.after).toBeNull();
    expect(plan('deepseek-v3', thinks).constraint?.after).toBe('</think>');
    expect(plan('deepseek-v3.1', thinks).constraint?.after).toBeNull();
    expect(plan('harmony', thinks).constraint?.after).toBe('<|end|>');
    const json: AskedConstraint = { form: { kind: 'json_schema', schema: '{}' }, after: null, param: 'format' };
    expect(plan('deepseek-v3', { tools: undefined }, json).constraint?.after).toBe('</think>');
    expect(plan('harmony', { tools: undefined }, json).constraint?.after).toBe('<|channel|>final<|message|>');
  });

  it.each(['qwen3-coder', 'glm', 'minimax', 'gemma4', 'function-gemma', 'pythonic'])(
    'of %s, which is no JSON, is the generic one for a call that must be made, and refused for strict tools',
    (format) => {
      const forced = plan(format, { toolChoice: 'required' });
      expect(forced.tools).toBeUndefined();
      expect(forced.messages[0]?.content).toContain('<tool_call>');
      const parser = forced.createParser!('');
      expect(parser.push('<tool_call>\n{"name": "now"}\n</tool_call>').toolCalls).toMatchObject([{ name: 'now' }]);
      expect(() => plan(format, { tools: [{ ...weather, strict: true }] })).toThrow(
        expect.objectContaining({ code: 'model_unsupported' }),
      );
    },
  );

  it('and a fixed format exclude each other', () => {
    const json: AskedConstraint = { form: { kind: 'json_schema', schema: '{}' }, after: null, param: 'format' };
    expect(() => plan('hermes', {}, json)).toThrow(expect.objectContaining({ param: 'tool_choice' }));
    expect(plan('hermes', { toolChoice: 'none' }, json).constraint?.form).toEqual(json.form);
  });

  it.each(Object.keys(templates))('of %s is read back as the call that was asked for', (format) => {
    const asked = plan(format, { toolChoice: { name: 'get_weather' } });
    const form = asked.constraint!.form as Extract<Constraint['form'], { kind: 'tagged' }>;
    const parser = asked.createParser!('');
    const first = parser.push(`${form.tags[0]!.begin}{"city": "Paris"}${form.tags[0]!.end}`);
    const last = parser.end();
    const pieces = [...first.toolCalls, ...last.toolCalls];
    expect(pieces[0]?.name).toBe('get_weather');
    expect(JSON.parse(pieces.map((piece) => piece.arguments).join(''))).toEqual({ city: 'Paris' });
    expect(first.text + last.text).toBe('');
  });
});

describe('a model that is told tools in a text', () => {
  const system = { role: 'system', content: 'Be short.' };

  it('gets it behind its own system text, or in front of the first question where it knows no system', () => {
    expect(plan('generic', { messages: [system] }).messages[0]?.content).toMatch(/^Be short\.\n\nYou may call/);
    const wording = readWording("{{ raise_exception('System role not supported') }}");
    const input: ChatInput = { kind: 'chat', messages: [{ role: 'user', content: 'Hi' }], tools };
    const [first] = planAnswer(input, { wording, constraint: undefined }).messages;
    expect(first?.role).toBe('user');
    expect(first?.content).toMatch(/Hi$/);
  });

  it('keeps the place of an image beside the text', () => {
    const content = [
      { type: 'image' as const, source: 'x' },
      { type: 'text' as const, text: 'What?' },
    ];
    const messages = [
      { role: 'tool', content: 'noon', toolCallId: 'c' },
      { role: 'user', content },
    ];
    const { messages: told } = plan('generic', { messages, tools: undefined });
    expect(told).toHaveLength(1);
    expect(told[0]?.content).toEqual([
      { type: 'text', text: '<tool_response>\nnoon\n</tool_response>' },
      { type: 'text', text: '\n' },
      ...content,
    ]);
  });
});

describe('thinking', () => {
  it('is refused by a model that does not think aloud, unless it is only a wish', () => {
    expect(() => plan('generic', { thinking: { enabled: true } })).toThrow('does not think aloud');
    expect(plan('generic', { thinking: { enabled: true, isWish: true } }).templateOptions).toBeUndefined();
  });

  it('goes to the template by the name that it knows', () => {
    expect(plan('deepseek-v3.1', { thinking: { enabled: true } }).templateOptions).toEqual({ thinking: true });
    expect(plan('harmony', { thinking: { effort: 'high' } }).templateOptions).toEqual({ reasoning_effort: 'high' });
    expect(plan('hermes', {}).templateOptions).toBeUndefined();
  });
});

describe('a template', () => {
  it.each(Object.entries(templates))('of the kind %s is known by its marks', (name, template) => {
    expect(readWording(template).name).toBe(name);
  });

  it('tells whether its model thinks where nobody asks', () => {
    const byDefault = (source: string) => readWording(source).thinking?.byDefault;
    expect(byDefault('{% if add_generation_prompt %}<think>\n{% endif %}')).toBe(true);
    expect(
      byDefault('{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>{% endif %}'),
    ).toBe(true);
    expect(byDefault('{% if enable_thinking is defined and enable_thinking %}<think>{% endif %}')).toBe(false);
    expect(byDefault("{{ content.split('</think>')[-1] }}{% if add_generation_prompt %}x{% endif %}")).toBe(false);
    expect(readWording("{# thinking #}{{ '<think> enable_thinking' }}").thinking?.variable).toBeNull();
  });
});

describe('the budget of thinking', () => {
  const budgetOf = (format: string, input: Partial<ChatInput>) => plan(format, input).thinkingBudget;
  const budget = { thinking: { budgetTokens: 9 } };
  const none = { thinking: { enabled: false } };

  it('ends with the mark that the model itself would write', () => {
    expect(budgetOf('hermes', budget)).toEqual({ tokens: 9, closing: '</think>' });
    expect(budgetOf('mistral', budget)).toEqual({ tokens: 9, closing: '[/THINK]' });
    expect(budgetOf('hermes', {})).toBeUndefined();
    expect(budgetOf('generic', budget)).toBeUndefined();
  });

  it('leads gpt-oss to where it may answer, call, or must call', () => {
    const answer = '<|end|><|start|>assistant<|channel|>final<|message|>';
    expect(budgetOf('harmony', { ...budget, tools: undefined })?.closing).toBe(answer);
    expect(budgetOf('harmony', budget)?.closing).toBe('<|end|><|start|>assistant<|channel|>commentary');
    expect(budgetOf('harmony', { ...budget, toolChoice: 'required' })?.closing).toBe('<|end|>');
  });

  it('is nothing where a model is not to think whose template cannot keep it from it', () => {
    expect(budgetOf('deepseek-v3', none)).toEqual({ tokens: 0, closing: '</think>' });
    expect(budgetOf('deepseek-v3', { thinking: { budgetTokens: 0 } })?.tokens).toBe(0);
    expect(budgetOf('deepseek-v3.1', none)).toBeUndefined();
    expect(plan('deepseek-v3.1', none).templateOptions).toEqual({ thinking: false });
  });
});
