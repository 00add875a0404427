import { describe, expect, it } from 'vitest';
import { optionsOf, toolsOf, turnOf } from './chat-turns.ts';

const chat = { kind: 'chat', messages: [] } as const;

describe('a turn for a template', () => {
  it('has the names that templates know', () => {
    const toolCalls = [{ id: 'c', name: 'now', arguments: '{"zone": "x"}' }];
    expect(turnOf({ role: 'assistant', content: '', toolCalls, reasoning: 'Hm.' })).toEqual({
      role: 'assistant',
      content: '',
      reasoning_content: 'Hm.',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'now', arguments: { zone: 'x' } } }],
    });
    expect(turnOf({ role: 'tool', content: '5', toolCallId: 'c' })).toEqual({
      role: 'tool',
      content: '5',
      tool_call_id: 'c',
    });
  });

  it('shows arguments that are no object as they were written', () => {
    for (const text of ['{"a": ', '[1]', 'null']) {
      const toolCalls = [{ id: 'c', name: 'now', arguments: text }];
      expect(turnOf({ role: 'assistant', content: '', toolCalls }).tool_calls?.[0]?.function.arguments).toBe(text);
    }
  });

  it('takes no image', () => {
    const image = { type: 'image' as const, width: 1, height: 1, pixels: new Uint8Array(3) };
    expect(() => turnOf({ role: 'user', content: [image] })).toThrow(
      expect.objectContaining({ code: 'model_unsupported' }),
    );
  });
});

describe('tools and options', () => {
  it('are JSON, or refused', () => {
    expect(toolsOf({ ...chat, messages: [], tools: '[{"a":1}]' })).toEqual([{ a: 1 }]);
    expect(toolsOf({ ...chat, messages: [] })).toBeNull();
    expect(optionsOf({ ...chat, messages: [], templateOptions: '{"enable_thinking":false}' })).toEqual({
      enable_thinking: false,
    });
    for (const text of ['{', '{}'])
      expect(() => toolsOf({ ...chat, messages: [], tools: text })).toThrow('tools is no');
    expect(() => optionsOf({ ...chat, messages: [], templateOptions: '[]' })).toThrow('templateOptions is no map');
  });
});
