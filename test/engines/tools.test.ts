// Tools and formed answers through other people's clients, unmodified, with both real engines: calls are asked for, so that
// even a small model makes them.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { tool as langChainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { generateObject, generateText, stepCountIs, tool } from 'ai';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openaiOf, type RealServer, startRealServer } from './real-server.ts';

const model = 'starter/smollm2-135m-instruct-gguf';
/** A prompt with tools takes seconds on a CPU, so the other engine shows what depends on it, and no more. */
const otherModel = 'starter/smollm2-135m-instruct';
const question = 'What is the weather in Paris?';
/** A choice of few words: what it is called with is short, whatever the model thinks. */
const input = z.strictObject({ city: z.enum(['Paris', 'London']) });
const cities: readonly unknown[] = ['Paris', 'London'];
const parameters = {
  type: 'object',
  properties: { city: { type: 'string', enum: ['Paris', 'London'] } },
  required: ['city'],
  additionalProperties: false,
};
const definitions = ['get_weather', 'get_time'].map((name) => ({
  type: 'function' as const,
  function: { name, description: `Tells the ${name.slice(4)} in a city`, parameters },
}));
/** The same in as few tokens as can be: MLX on a CPU reads ten a second. */
const shortDefinitions = definitions.map(({ type, function: { name } }) => ({
  type,
  function: {
    name,
    parameters: { type: 'object', properties: { city: parameters.properties.city }, required: ['city'] },
  },
}));
let server: RealServer;
let client: OpenAI;
let baseURL: string;

beforeAll(async () => {
  server = await startRealServer();
  baseURL = `${server.apiUrl}/v1`;
  client = openaiOf(server);
});
afterAll(() => server.stop());

const ask = (more: object) =>
  client.chat.completions.create({
    model,
    messages: [{ role: 'user', content: question }],
    tools: definitions,
    temperature: 0,
    max_tokens: 60,
    ...more,
  } as OpenAI.ChatCompletionCreateParamsNonStreaming);

describe.each([model, otherModel])('%s', (model) => {
  it('calls one of the tools when it must, and only the named one when one is named', async () => {
    // One call at the most in both: their prompts are the same then, and read once.
    const body = { model, tools: shortDefinitions, parallel_tool_calls: false };
    const required = (await ask({ ...body, tool_choice: 'required' })).choices[0]!;
    expect(required.finish_reason).toBe('tool_calls');
    expect(required.message.content).toBeNull();
    expect(required.message.tool_calls).toHaveLength(1);
    const named = (await ask({ ...body, tool_choice: { type: 'function', function: { name: 'get_time' } } }))
      .choices[0]!;
    const call = named.message.tool_calls![0] as OpenAI.ChatCompletionMessageFunctionToolCall;
    expect(call.function.name).toBe('get_time');
    expect(cities).toContain(JSON.parse(call.function.arguments).city);
  });
});

describe('tools', () => {
  it('stream a call in pieces that add up to the same', async () => {
    const body = { tool_choice: 'required', parallel_tool_calls: false };
    const whole = (await ask(body)).choices[0]!.message.tool_calls![0] as OpenAI.ChatCompletionMessageFunctionToolCall;
    const stream = (await ask({ ...body, stream: true })) as unknown as AsyncIterable<OpenAI.ChatCompletionChunk>;
    const pieces: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall[] = [];
    for await (const { choices } of stream) pieces.push(...(choices[0]?.delta.tool_calls ?? []));
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces[0]!.function!.name).toBe(whole.function.name);
    expect(pieces.map((piece) => piece.function?.arguments).join('')).toBe(whole.function.arguments);
  });

  it('answer in plain text where tool_choice is "none"', async () => {
    const { message, finish_reason: finish } = (await ask({ tool_choice: 'none', max_tokens: 4 })).choices[0]!;
    expect(message.tool_calls).toBeUndefined();
    expect(message.content).not.toBe('');
    expect(finish).toBe('length');
  });

  it("go round with OpenAI's runTools", async () => {
    const asked: unknown[] = [];
    const runner = client.chat.completions.runTools({
      model,
      messages: [{ role: 'user', content: question }],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Tells the weather in a city',
            parameters,
            parse: JSON.parse,
            function: ({ city }: { city: string }) => {
              asked.push(city);
              return 'Sunny, 20 degrees';
            },
          },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
      temperature: 0,
      max_tokens: 60,
    });
    await runner.done();
    expect(asked).toHaveLength(1);
    expect(cities).toContain(asked[0]);
    const messages = runner.messages;
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
    const answer = await ask({ messages, tool_choice: 'none', max_tokens: 8 });
    expect(answer.choices[0]!.message.content).not.toBe('');
  });

  it("go round with OpenAI's Python client", async () => {
    const python = fileURLToPath(new URL('../../.runtime/python/dev/bin/python', import.meta.url));
    const script = fileURLToPath(new URL('tools_client.py', import.meta.url));
    const told = JSON.parse((await promisify(execFile)(python, [script, baseURL, model])).stdout);
    expect(told).toMatchObject({ name: 'get_weather', finish: 'tool_calls' });
    expect(cities).toContain(told.arguments.city);
    expect(told.streamed).toEqual(told.arguments);
    expect(told.answer).not.toBe('');
  });

  it("work with Vercel's AI SDK: generateText with tools, generateObject", async () => {
    const provider = createOpenAICompatible({ name: 'here', baseURL, supportsStructuredOutputs: true })(model);
    const asked: string[] = [];
    const execute = async ({ city }: z.infer<typeof input>): Promise<string> => {
      asked.push(city);
      return 'Sunny';
    };
    const { steps, text } = await generateText({
      model: provider,
      prompt: question,
      tools: { get_weather: tool({ description: 'Tells the weather', inputSchema: input, execute }) },
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'none' }),
      stopWhen: stepCountIs(2),
      maxOutputTokens: 60,
    });
    expect(asked).not.toHaveLength(0);
    expect(steps[0]!.toolCalls[0]).toMatchObject({ toolName: 'get_weather' });
    expect(text).not.toBe('');
    const { object } = await generateObject({ model: provider, prompt: question, schema: input, maxOutputTokens: 60 });
    expect(cities).toContain(object.city);
  });

  it('work with LangChain: bindTools, withStructuredOutput', async () => {
    const chat = new ChatOpenAI({ model, apiKey: 'none', configuration: { baseURL }, temperature: 0, maxTokens: 60 });
    const weather = langChainTool(() => 'Sunny', { name: 'get_weather', description: 'Weather', schema: input });
    const { tool_calls: calls } = await chat.bindTools([weather], { tool_choice: 'required' }).invoke(question);
    expect(calls?.[0]).toMatchObject({ name: 'get_weather', type: 'tool_call' });
    for (const method of ['functionCalling', 'jsonSchema'] as const) {
      const { city } = await chat.withStructuredOutput(input, { name: 'place', method }).invoke(question);
      expect(cities).toContain(city);
    }
  });
});
