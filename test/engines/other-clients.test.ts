// OpenAI's responses and Ollama's client, unmodified, against the real server with a real engine.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Ollama } from 'ollama';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../e2e/test-server.ts';
import { openaiOf, type RealServer, startRealServer } from './real-server.ts';

const model = 'starter/smollm2-135m-instruct-gguf';
const question = 'What is the capital of France?';
let server: RealServer;
let openai: OpenAI;
let ollama: Ollama;

beforeAll(async () => {
  server = await startRealServer();
  openai = openaiOf(server);
  ollama = new Ollama({ host: server.apiUrl });
});
afterAll(() => server.stop());

describe("OpenAI's responses", () => {
  it('remember what was said, and take it from the prefix cache', async () => {
    const first = await openai.responses.create({ model, input: question, temperature: 0 });
    expect(first.output_text).toContain('Paris');
    const previous_response_id = first.id;
    const input = 'And of Spain?';
    const body = { model, input, previous_response_id, temperature: 0, max_output_tokens: 4 };
    const { usage } = await openai.responses.create(body);
    const known = first.usage!.input_tokens + first.usage!.output_tokens;
    expect(usage!.input_tokens).toBeGreaterThan(known);
    expect(usage!.input_tokens_details.cached_tokens).toBeGreaterThanOrEqual(known - 1);
  });

  it('are made in the background', async () => {
    const { id } = await openai.responses.create({ model, input: question, temperature: 0, background: true });
    await until(async () => (await openai.responses.retrieve(id)).status === 'completed', 60_000);
    expect((await openai.responses.retrieve(id)).output_text).toContain('Paris');
  });

  it('speak Python too', async () => {
    const python = fileURLToPath(new URL('../../.runtime/python/dev/bin/python', import.meta.url));
    const script = fileURLToPath(new URL('responses_client.py', import.meta.url));
    const { stdout } = await promisify(execFile)(python, [script, `${server.apiUrl}/v1`, model]);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({ whole: expect.stringContaining('Paris'), longer: true, asked: ['message'] });
    expect([report.streamed, report.final, report.kept]).toEqual([report.whole, report.whole, report.whole]);
  });
});

describe('the client of Ollama', () => {
  const messages = [{ role: 'user', content: question }];
  const options = { temperature: 0 };

  it('gets the same answer whole and in pieces', async () => {
    const whole = await ollama.chat({ model: `${model}:latest`, messages, options });
    expect(whole.message.content).toContain('Paris');
    let text = '';
    for await (const part of await ollama.chat({ model, messages, options, stream: true }))
      text += part.message.content;
    expect(text).toBe(whole.message.content);
  });

  it('gets an answer of the form that it asked for, in pieces too', async () => {
    const city = { type: 'string', enum: ['Paris', 'London'] };
    const format = { type: 'object', properties: { city }, required: ['city'], additionalProperties: false };
    const whole = await ollama.chat({ model, messages, options, format });
    expect(city.enum).toContain(JSON.parse(whole.message.content).city);
    let text = '';
    for await (const part of await ollama.chat({ model, messages, options, format, stream: true }))
      text += part.message.content;
    expect(text).toBe(whole.message.content);
  });

  it('tells of its tools, and reads what one of them said', async () => {
    const call = { function: { name: 'get_weather', arguments: { city: 'Paris' } } };
    const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const tools = [{ type: 'function', function: { name: 'get_weather', description: 'The weather', parameters } }];
    const turns = [
      { role: 'user', content: 'What is the weather in Paris?' },
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_name: 'get_weather', content: 'Sunny, 20 degrees' },
    ];
    const alone = await ollama.chat({ model, messages: turns, options: { ...options, num_predict: 16 } });
    const told = await ollama.chat({ model, messages: turns, tools, options: { ...options, num_predict: 16 } });
    expect(told.prompt_eval_count).toBeGreaterThan(alone.prompt_eval_count + 20);
    expect(told.message.content !== '' || told.message.tool_calls !== undefined).toBe(true);
  });

  it('sees the model, what it is and that it is loaded', async () => {
    expect((await ollama.list()).models.map(({ name }) => name)).toContain(`${model}:latest`);
    const shown = await ollama.show({ model });
    expect([shown.details.format, shown.capabilities]).toEqual(['gguf', expect.arrayContaining(['completion'])]);
    const [running] = (await ollama.ps()).models;
    expect(running!.size_vram).toBeGreaterThan(1_000_000);
  });
});
