import { describe, expect, it } from 'vitest';
import { readChatRequest } from './chat-request.ts';

const user = { role: 'user', content: 'x' };
const now = { type: 'function', function: { name: 'now', description: 'Time', parameters: { type: 'object' } } };
const call = { id: 'c', type: 'function', function: { name: 'now', arguments: '{}' } };

const read = (body: object) => {
  const { input } = readChatRequest({ messages: [user], ...body }, { requestId: 'r', priority: 'normal' })
    .generations[0]!;
  if (input.kind !== 'chat') throw new Error('no chat');
  return input;
};
const paramOf = (body: object): unknown => {
  try {
    read(body);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_request' });
    return (error as { param?: unknown }).param;
  }
  return 'accepted';
};
const named = (name: unknown) => ({ type: 'function', function: { name } });

describe('tools of a request', () => {
  it('become definitions, strict only where they say so', () => {
    const strict = { type: 'function', function: { name: 'b', strict: true } };
    expect(read({ tools: [now, strict], tool_choice: named('b'), parallel_tool_calls: false })).toMatchObject({
      tools: [
        { name: 'now', description: 'Time', parameters: { type: 'object' }, strict: false },
        { name: 'b', parameters: { type: 'object', properties: {} }, strict: true },
      ],
      toolChoice: { name: 'b' },
      parallelToolCalls: false,
    });
    expect(read({ tools: [] }).tools).toBeUndefined();
    expect(read({ tools: null, tool_choice: null }).toolChoice).toBeUndefined();
  });

  it.each([
    ['tools', { tools: Array.from({ length: 129 }, (_, index) => named(`t${index}`)) }],
    ['tools[0].function.name', { tools: [named('.*')] }],
    ['tools[0].function.name', { tools: [named('x'.repeat(65))] }],
    ['tools[0].type', { tools: [{ type: 'web_search' }] }],
    ['tools', { tools: [now, now] }],
    [
      'tools[0].function.parameters',
      { tools: [{ type: 'function', function: { name: 'a', parameters: { type: 'string' } } }] },
    ],
    [
      'tools[0].function.parameters',
      { tools: [{ type: 'function', function: { name: 'a', parameters: { x: 'y'.repeat(70_000) } } }] },
    ],
    ['tool_choice', { tools: [now], tool_choice: 'sometimes' }],
    ['tool_choice', { tools: [now], tool_choice: named('other') }],
    ['tool_choice', { tool_choice: 'required' }],
    ['functions', { functions: [{ name: 'now' }] }],
    ['function_call', { function_call: 'auto' }],
    ['reasoning_effort', { reasoning_effort: 'extreme' }],
    ['reasoning_effort', { reasoning_effort: 'high', chat_template_kwargs: { enable_thinking: false } }],
    ['chat_template_kwargs', { chat_template_kwargs: { add_generation_prompt: false } }],
    ['chat_template_kwargs.enable_thinking', { chat_template_kwargs: { enable_thinking: 'yes' } }],
  ])('are refused with param %s', (param, body) => {
    expect(paramOf(body)).toBe(param);
  });
});

describe('messages with tools', () => {
  it('carry calls, results and thoughts', () => {
    const assistant = { role: 'assistant', content: null, tool_calls: [call], reasoning_content: 'Hm.' };
    const result = { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: 'noon' }] };
    expect(read({ messages: [user, assistant, result] }).messages.slice(1)).toMatchObject([
      { content: '', toolCalls: [{ id: 'c', name: 'now', arguments: '{}' }], reasoning: 'Hm.' },
      { role: 'tool', content: 'noon', toolCallId: 'c' },
    ]);
  });

  it.each([
    ['messages[1].role', [user, { role: 'tool', tool_call_id: 'c', content: 'x' }]],
    [
      'messages[1].tool_call_id',
      [
        { role: 'assistant', tool_calls: [call] },
        { role: 'tool', content: 'x' },
      ],
    ],
    ['messages[0].tool_calls', [{ ...user, tool_calls: [call] }]],
    [
      'messages[0].tool_calls[0].function.arguments',
      [{ role: 'assistant', tool_calls: [{ ...call, function: { name: 'a', arguments: {} } }] }],
    ],
    ['messages[0].content', [{ role: 'user', content: null }]],
    ['messages[0].role', [{ role: 'function', name: 'a', content: 'x' }]],
  ])('are refused with param %s', (param, messages) => {
    expect(paramOf({ messages })).toBe(param);
  });
});

it('thinking is asked for by effort or by the variable of templates', () => {
  expect(read({}).thinking).toBeUndefined();
  expect(read({ reasoning_effort: 'none' }).thinking).toEqual({ enabled: false, effort: undefined });
  expect(read({ reasoning_effort: 'high' }).thinking).toEqual({ enabled: undefined, effort: 'high' });
  expect(read({ chat_template_kwargs: { enable_thinking: true } }).thinking).toMatchObject({ enabled: true });
});
