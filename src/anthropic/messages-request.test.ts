import { describe, expect, it } from 'vitest';
import type { ChatInput, Generation } from '../core/index.ts';
import { readCountRequest, readMessagesRequest } from './messages-request.ts';

const context = { requestId: 'r', priority: 'normal' } as const;
const hello = { role: 'user', content: 'hello' };
const read = (body: object): Generation =>
  readMessagesRequest({ model: 'a/b', max_tokens: 9, messages: [hello], ...body }, context).generations[0]!;
const inputOf = (body: object): ChatInput => read(body).input as ChatInput;
const refusal = (param: string, message = '') => ({
  code: 'invalid_request',
  param,
  message: expect.stringContaining(message),
});
const tool = { name: 'weather', description: 'of a place', input_schema: { type: 'object' } };

describe('a request of messages', () => {
  it('becomes one Generation', () => {
    const body = {
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: changes' },
        { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
      ],
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      stop_sequences: ['END'],
      metadata: { user_id: 'u' },
      some_beta_field: true,
    };
    expect(read(body)).toMatchObject({
      id: 'r',
      model: 'a/b',
      maxTokens: 9,
      stop: ['END'],
      sampling: { temperature: 0.5, topP: 0.9, topK: 5 },
      input: { kind: 'chat', messages: [{ role: 'system', content: 'Be brief.' }, hello] },
    });
  });

  it('keeps the place of images, by base64 and by URL', () => {
    const image = (source: object) => ({ type: 'image', source });
    const content = [
      image({ type: 'base64', media_type: 'image/png', data: 'QUJD' }),
      { type: 'text', text: 'or' },
      image({ type: 'url', url: 'https://x.example/y.png' }),
    ];
    expect(inputOf({ messages: [{ role: 'user', content }] }).messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image', source: 'data:image/png;base64,QUJD' },
          { type: 'text', text: 'or' },
          { type: 'image', source: 'https://x.example/y.png' },
        ],
      },
    ]);
  });

  it('turns calls, thoughts and results into turns of a template', () => {
    const image = { type: 'image', source: { type: 'url', url: 'https://x.example' } };
    const messages = [
      hello,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 't1', name: 'weather', input: { place: 'Rome' } },
          { type: 'tool_use', id: 't2', name: 'weather', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'and?' },
          { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'sun' }, image] },
          { type: 'tool_result', tool_use_id: 't2', content: 'no place', is_error: true },
        ],
      },
      { role: 'user', content: 'well?' },
    ];
    expect(inputOf({ messages }).messages).toEqual([
      hello,
      {
        role: 'assistant',
        content: 'I look.',
        reasoning: 'hm',
        toolCalls: [
          { id: 't1', name: 'weather', arguments: '{"place":"Rome"}' },
          { id: 't2', name: 'weather', arguments: '{}' },
        ],
      },
      {
        role: 'tool',
        toolCallId: 't1',
        content: [
          { type: 'text', text: 'sun' },
          { type: 'image', source: 'https://x.example' },
        ],
      },
      { role: 'tool', toolCallId: 't2', content: 'The tool failed:\nno place' },
      { role: 'user', content: 'and?\nwell?' },
    ]);
  });

  it.each([
    [{ type: 'auto' }, 'auto', undefined],
    [{ type: 'any', disable_parallel_tool_use: true }, 'required', false],
    [{ type: 'none' }, 'none', undefined],
    [{ type: 'tool', name: 'weather' }, { name: 'weather' }, undefined],
  ])('understands the choice %j', (tool_choice, toolChoice, parallelToolCalls) => {
    const input = inputOf({ tools: [tool], tool_choice });
    expect(input.tools).toEqual([
      {
        name: 'weather',
        description: 'of a place',
        parameters: { type: 'object' },
        strict: false,
        param: 'tools[0].input_schema',
      },
    ]);
    expect([input.toolChoice, input.parallelToolCalls]).toEqual([toolChoice, parallelToolCalls]);
  });

  it('says how to think and in what form to answer', () => {
    expect(inputOf({ thinking: { type: 'enabled', budget_tokens: 2000 } }).thinking).toEqual({
      isWish: true,
      enabled: true,
      budgetTokens: 2000,
    });
    expect(inputOf({ thinking: { type: 'adaptive' } }).thinking).toEqual({ isWish: true, enabled: true });
    expect(inputOf({ thinking: { type: 'disabled' } }).thinking).toEqual({ isWish: true, enabled: false });
    expect(inputOf({ output_config: { effort: 'low' } }).thinking).toEqual({ isWish: true, effort: 'low' });
    expect(inputOf({}).thinking).toBeUndefined();
    const format = { type: 'json_schema', schema: { type: 'object' } };
    expect(read({ output_config: { format } }).constraint).toMatchObject({
      form: { kind: 'json_schema', schema: '{"type":"object"}' },
    });
  });

  const blocks = (...content: object[]) => ({ messages: [{ role: 'user', content }] });
  it.each([
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens', ''],
    ['no messages', { messages: [] }, 'messages', ''],
    ['a message without content', { messages: [{ role: 'user' }] }, 'messages[0].content', ''],
    [
      'an unknown block',
      blocks({ type: 'web_search_tool_result' }),
      'messages[0].content[0].type',
      'web_search_tool_result',
    ],
    ['a block without a type', blocks({}), 'messages[0].content[0].type', '"type"'],
    ['a PDF', blocks({ type: 'document', source: { type: 'base64' } }), 'messages[0].content[0].source.type', 'base64'],
    ['a server tool', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'tools[0].type', 'web_search'],
    ['a tool without a schema', { tools: [{ name: 'x' }] }, 'tools[0].input_schema', ''],
    ['a choice of no tool', { tools: [tool], tool_choice: { type: 'tool', name: 'x' } }, 'tool_choice.name', ''],
    ['a choice without tools', { tool_choice: { type: 'any' } }, 'tool_choice', 'tools'],
    ['a prefill', { messages: [hello, { role: 'assistant', content: 'It' }] }, 'messages[1].role', 'prefill'],
    ['a result of no call', blocks({ type: 'tool_result', tool_use_id: 'x' }), 'messages[0].content', 'x'],
    ['MCP servers', { mcp_servers: [{}] }, 'mcp_servers', ''],
    ['a blank stop sequence', { stop_sequences: [' '] }, 'stop_sequences[0]', ''],
    [
      'a call by the user',
      blocks({ type: 'tool_use', id: 'i', name: 'n', input: {} }),
      'messages[0].content',
      'tool_use',
    ],
  ])('with %s is refused', (_, body, param, message) => {
    expect(() => read(body)).toThrow(expect.objectContaining(refusal(param, message)));
  });
});

it('a request to count needs no max_tokens', () => {
  const asked = readCountRequest({ model: 'a/b', messages: [hello], tools: [tool] });
  expect(asked).toMatchObject({ model: 'a/b', chat: { messages: [hello], tools: [{ name: 'weather' }] } });
});
