// Tools and thinking through the clients of Anthropic, of OpenAI's responses and of Ollama, from a worker that says what a
// model of the Hermes kind says.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './test-server.ts';

const fixture = 'says-as-told';
const model = `test/${fixture}`;
const template =
  '{% if tools %}<tool_call>{"name": <function-name>, "arguments": <args-json-object>}</tool_call>{% endif %}<think>';
const said =
  '<think>\nhm\n</think>\n\nI look.\n<tool_call>\n{"name": "weather", "arguments": {"place": "Rome"}}\n</tool_call>';
const prompt = JSON.stringify({ said });
const parameters = { type: 'object' as const, properties: { place: { type: 'string' } } };
let test: TestServer;

beforeAll(async () => {
  test = await startTestServer([fixture]);
  writeFileSync(join(test.folder, 'models', 'test', fixture, 'chat_template.jinja'), template);
});
afterAll(async () => test[Symbol.asyncDispose]());

describe('a model that thinks and calls a tool', () => {
  it('is understood through the client of Anthropic, which gives the result back', async () => {
    const client = new Anthropic({ baseURL: test.server.apiUrl, apiKey: 'none', maxRetries: 0 });
    const tools = [{ name: 'weather', input_schema: parameters }];
    const messages = [{ role: 'user' as const, content: prompt }];
    const message = await client.messages.stream({ model, max_tokens: 500, tools, messages }).finalMessage();
    expect(message).toMatchObject({
      stop_reason: 'tool_use',
      content: [
        { type: 'thinking', thinking: expect.stringContaining('hm') },
        { type: 'text', text: expect.stringContaining('I look.') },
        { type: 'tool_use', name: 'weather', input: { place: 'Rome' } },
      ],
    });
    const use = message.content.find((block) => block.type === 'tool_use')!;
    const result = { type: 'tool_result' as const, tool_use_id: use.id, content: 'sun' };
    const next = await client.messages.create({
      model,
      max_tokens: 500,
      tools,
      messages: [
        { role: 'user', content: 'show' },
        { role: 'assistant', content: message.content },
        { role: 'user', content: [result] },
      ],
    });
    const [text] = next.content as { text: string }[];
    expect(JSON.parse(text!.text).input.messages.slice(1)).toMatchObject([
      { role: 'assistant', toolCalls: [{ id: use.id, name: 'weather' }], reasoning: expect.stringContaining('hm') },
      { role: 'tool', content: 'sun', toolCallId: use.id },
    ]);
  });

  it('is understood as a response', async () => {
    const client = new OpenAI({ baseURL: `${test.server.apiUrl}/v1`, apiKey: 'none', maxRetries: 0 });
    const tools = [{ type: 'function' as const, name: 'weather', parameters, strict: false }];
    const response = await client.responses.create({ model, input: prompt, tools });
    expect(response.output).toMatchObject([
      { type: 'reasoning', content: [{ text: expect.stringContaining('hm') }] },
      { type: 'message', content: [{ text: expect.stringContaining('I look.') }] },
      { type: 'function_call', name: 'weather', call_id: expect.stringMatching(/./), status: 'completed' },
    ]);
  });

  it('is understood through the client of Ollama', async () => {
    const client = new Ollama({ host: test.server.apiUrl });
    const tools = [{ type: 'function', function: { name: 'weather', description: 'of a place', parameters } }];
    const { message } = await client.chat({ model, messages: [{ role: 'user', content: prompt }], tools });
    expect(message).toMatchObject({
      thinking: expect.stringContaining('hm'),
      content: expect.stringContaining('I look.'),
      tool_calls: [{ function: { name: 'weather', arguments: { place: 'Rome' } } }],
    });
  });
});
