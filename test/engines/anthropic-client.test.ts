// Anthropic's official clients, unmodified, against the real server with real engines.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealServer, startRealServer } from './real-server.ts';

const model = 'starter/smollm2-135m-instruct-gguf';
/** Models of Anthropic take no temperature any longer, so the client has no name for it. */
const greedy = { temperature: 0 };
const question = {
  model,
  max_tokens: 32,
  ...greedy,
  messages: [{ role: 'user' as const, content: 'What is the capital of France?' }],
};
const cities = ['Paris', 'London'];
let server: RealServer;
let client: Anthropic;

beforeAll(async () => {
  server = await startRealServer();
  client = new Anthropic({ baseURL: server.apiUrl, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => server.stop());

describe('the client of Anthropic', () => {
  it('gets the same answer whole and streamed', async () => {
    const whole = await client.messages.create(question);
    expect(whole.content).toMatchObject([{ type: 'text', text: expect.stringContaining('Paris') }]);
    expect(whole.stop_reason).toBe('end_turn');
    const streamed = await client.messages.stream(question).finalMessage();
    expect(streamed.content).toEqual(whole.content);
  });

  it('stops before a stop sequence, and is told which', async () => {
    const message = await client.messages.create({ ...question, stop_sequences: ['nowhere', ' France'] });
    expect(message).toMatchObject({
      content: [{ text: 'The capital of' }],
      stop_reason: 'stop_sequence',
      stop_sequence: ' France',
    });
  });

  it('heeds the system text, and counts it', async () => {
    const { messages } = question;
    const alone = await client.messages.countTokens({ model, messages });
    const system = 'You are a pirate. Talk like one.';
    const { input_tokens: counted } = await client.messages.countTokens({ model, messages, system });
    const { usage } = await client.messages.create({ ...question, system, max_tokens: 1 });
    expect(counted).not.toBe(alone.input_tokens);
    expect(usage.input_tokens + usage.cache_read_input_tokens!).toBe(counted);
  });

  it('is told what came from the cache', async () => {
    await client.messages.create(question);
    const { usage } = await client.messages.create({ ...question, max_tokens: 1 });
    expect(usage.cache_read_input_tokens).toBeGreaterThan(10);
  });

  it('calls a tool that is named, in pieces too, and reads its result', async () => {
    const tool: Anthropic.Tool = {
      name: 'get_weather',
      description: 'Tells the weather in a city',
      input_schema: { type: 'object', properties: { city: { type: 'string', enum: cities } }, required: ['city'] },
    };
    const asked = {
      ...question,
      max_tokens: 60,
      tools: [tool],
      tool_choice: { type: 'tool' as const, name: 'get_weather' },
    };
    const whole = await client.messages.create(asked);
    expect(whole.stop_reason).toBe('tool_use');
    const call = whole.content.find((block) => block.type === 'tool_use')!;
    expect(call).toMatchObject({ name: 'get_weather', input: { city: expect.stringMatching(/^(Paris|London)$/) } });
    const streamed = await client.messages.stream(asked).finalMessage();
    expect(streamed.content.find((block) => block.type === 'tool_use')).toMatchObject({ input: call.input });
    const result = { type: 'tool_result' as const, tool_use_id: call.id, content: 'Sunny' };
    const turns = [...question.messages, { role: 'assistant' as const, content: whole.content }];
    const after = await client.messages.create({
      ...asked,
      tool_choice: { type: 'none' },
      max_tokens: 8,
      messages: [...turns, { role: 'user', content: [result] }],
    });
    expect(after.content).toMatchObject([{ type: 'text', text: expect.stringMatching(/./) }]);
  });

  it('gets an answer of the form that it asked for', async () => {
    const schema = {
      type: 'object',
      properties: { city: { enum: cities } },
      required: ['city'],
      additionalProperties: false,
    };
    const { content } = await client.messages.create({
      ...question,
      output_config: { format: { type: 'json_schema', schema } },
    });
    const [block] = content;
    const { city } = JSON.parse(block?.type === 'text' ? block.text : '') as { city: string };
    expect(cities).toContain(city);
  });

  it('shows a picture to the vision model', async () => {
    const file = new URL('../fixtures/shapes-vlm/red-circle-256.png', import.meta.url);
    const data = readFileSync(file).toString('base64');
    const { content } = await client.messages.create({
      model: 'starter/shapes-vlm',
      max_tokens: 16,
      ...greedy,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
            { type: 'text', text: 'What is in this picture?' },
          ],
        },
      ],
    });
    expect(content).toMatchObject([{ type: 'text', text: expect.stringContaining('red circle') }]);
  });

  it('speaks Python too', async () => {
    const python = fileURLToPath(new URL('../../.runtime/python/dev/bin/python', import.meta.url));
    const script = fileURLToPath(new URL('anthropic_client.py', import.meta.url));
    const { stdout } = await promisify(execFile)(python, [script, server.apiUrl, model]);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      whole: expect.stringContaining('Paris'),
      stopped: 'The capital of',
      stop: ['stop_sequence', ' France'],
      refused: 'not_found_error',
    });
    expect([report.streamed, report.final, report.count]).toEqual([report.whole, report.whole, report.used]);
    expect(report.call).toEqual(['tool_use', 'get_weather', { city: expect.stringMatching(/^(Paris|London)$/) }]);
    expect(report.formed).toEqual({ city: expect.stringMatching(/^(Paris|London)$/) });
  });
});
