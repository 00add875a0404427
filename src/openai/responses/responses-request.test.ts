import { describe, expect, it } from 'vitest';
import type { ChatInput } from '../../core/index.ts';
import type { Item } from './items.ts';
import { readResponsesRequest } from './responses-request.ts';

const context = { requestId: 'req_0123456789abcdef01234567', priority: 'low' } as const;
const read = (body: object) => readResponsesRequest({ model: 'a/b', input: 'hello', ...body }, context);
const generationOf = (body: object) => {
  const asked = read(body);
  return asked.generation(asked.sent as readonly Item[]);
};
const inputOf = (body: object): ChatInput => generationOf(body).input as ChatInput;
const tool = { type: 'function', name: 'weather', parameters: { type: 'object' }, strict: true };

describe('a request for a response', () => {
  it('becomes one Generation', () => {
    const body = { instructions: 'Be.', temperature: 0, top_p: 0.5, seed: 3, max_output_tokens: 9, top_logprobs: 2 };
    expect(generationOf(body)).toMatchObject({
      id: context.requestId,
      model: 'a/b',
      priority: 'low',
      maxTokens: 9,
      topLogprobs: 2,
      sampling: { temperature: 0, topP: 0.5, seed: 3 },
      input: {
        messages: [
          { role: 'system', content: 'Be.' },
          { role: 'user', content: 'hello' },
        ],
      },
    });
  });

  it('turns items into the turns of a template', () => {
    const input = [
      { role: 'developer', content: 'More.' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'what' },
          { type: 'input_image', image_url: 'https://x.example' },
        ],
      },
      { type: 'reasoning', id: 'rs', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] },
      { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}' },
      { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'sun' },
      { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'rain' }] },
      { role: 'assistant', content: 'Both.' },
    ];
    const call = { name: 'weather', arguments: '{}' };
    expect(inputOf({ input, instructions: 'Be.' }).messages).toEqual([
      { role: 'system', content: 'Be.\nMore.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'what' },
          { type: 'image', source: 'https://x.example' },
        ],
      },
      {
        role: 'assistant',
        content: 'I look.',
        reasoning: 'hm',
        toolCalls: [
          { id: 'c1', ...call },
          { id: 'c2', ...call },
        ],
      },
      { role: 'tool', toolCallId: 'c1', content: 'sun' },
      { role: 'tool', toolCallId: 'c2', content: 'rain' },
      { role: 'assistant', content: 'Both.' },
    ]);
  });

  it.each([
    ['auto', 'auto', ['weather', 'clock']],
    ['required', 'required', ['weather', 'clock']],
    [{ type: 'function', name: 'clock' }, { name: 'clock' }, ['weather', 'clock']],
    [{ type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'clock' }] }, 'required', ['clock']],
  ])('understands the choice %j', (tool_choice, toolChoice, names) => {
    const input = inputOf({ tools: [tool, { ...tool, name: 'clock' }], tool_choice, parallel_tool_calls: false });
    expect(input).toMatchObject({ toolChoice, parallelToolCalls: false });
    expect(input.tools!.map(({ name }) => name)).toEqual(names);
    expect(input.tools![0]!.strict).toBe(true);
  });

  it('says how to think and in what form to answer', () => {
    expect(inputOf({ reasoning: { effort: 'high' } }).thinking).toEqual({ effort: 'high' });
    expect(inputOf({ reasoning: { effort: 'none' } }).thinking).toEqual({ enabled: false });
    expect(read({ reasoning: { summary: 'auto' }, include: ['reasoning.encrypted_content'] }).spec).toMatchObject({
      summarised: true,
      wrapped: true,
    });
    const format = { type: 'json_schema', name: 'x', schema: { type: 'object' }, strict: true };
    expect(generationOf({ text: { format } }).constraint).toMatchObject({
      form: { kind: 'json_schema', schema: '{"type":"object"}' },
    });
    expect(generationOf({ text: { format: { type: 'text' } } }).constraint).toBeUndefined();
  });

  it('gives each item an id by which it can be listed', () => {
    const input = [
      { role: 'user', content: 'a' },
      { id: 'mine', role: 'user', content: 'b' },
    ];
    expect(read({ input }).sent.map(({ id }) => id)).toEqual(['msg_0123456789abcdef01234567_in0', 'mine']);
  });

  it.each([
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tools: [tool], tool_choice: { type: 'function', name: 'x' } }, 'tool_choice'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ text: { format: { type: 'json_schema' } } }, 'text.format.schema'],
    [{ text: { format: { type: 'x' } } }, 'text.format.type'],
    [{ include: ['x'] }, 'include[0]'],
    [{ metadata: { a: 1 } }, 'metadata.a'],
    [{ input: [] }, 'input'],
    [{ context_management: [{ type: 'compaction' }] }, 'context_management'],
  ])('refuses %j', (body, param) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code: 'invalid_request', param }));
  });
});
