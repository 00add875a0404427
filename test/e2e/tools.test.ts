// Tools and thinking of a chat over HTTP, from a worker that says what models of each kind say.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Transcript, templates, tools, transcripts } from '../fixtures/answers/transcripts.ts';
import { jsonOf, post, startTestServer, type TestServer } from './test-server.ts';

const fixture = 'says-as-told';
const body = {
  model: `test/${fixture}`,
  tools: tools.map((tool) => ({ type: 'function' as const, function: definitionOf(tool) })),
};
let test: TestServer;
let client: OpenAI;

function definitionOf({ name, parameters }: (typeof tools)[number]) {
  return { name, parameters: { ...parameters } };
}

/** From here on the model's template is of this kind. */
function speak(format: string): void {
  writeFileSync(join(test.folder, 'models', 'test', fixture, 'chat_template.jinja'), templates[format]!);
}

const messagesOf = (order: object) => [{ role: 'user' as const, content: JSON.stringify(order) }];
const orderOf = ({ said, promptEnd }: Transcript, more: object = {}) => ({ said, promptEnd, ...more });
const of = (format: string, title: string): Transcript =>
  transcripts.find((one) => one.format === format && one.title === title)!;

interface Message {
  content: string | null;
  reasoning_content?: string;
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[];
}

function check(message: Message, finish: string | null, { text, reasoning, calls }: Transcript): void {
  expect(message.content).toBe(text === '' && calls.length > 0 ? null : text);
  expect(message.reasoning_content).toBe(reasoning);
  expect(
    message.tool_calls?.map((call) => ({ name: call.function.name, arguments: JSON.parse(call.function.arguments) })) ??
      [],
  ).toEqual(calls.map(({ name, arguments: values }) => ({ name, arguments: values })));
  expect(finish).toBe(calls.length > 0 ? 'tool_calls' : 'stop');
}

beforeAll(async () => {
  test = await startTestServer([fixture]);
  client = new OpenAI({ baseURL: `${test.server.apiUrl}/v1`, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => test[Symbol.asyncDispose]());

const oneOfEach = Object.keys(templates).map((format) => transcripts.find((one) => one.format === format)!);

describe.each(oneOfEach)('a model of the kind $format', (transcript) => {
  it('is understood, whole and streamed', async () => {
    speak(transcript.format);
    const messages = messagesOf(orderOf(transcript));
    const whole = await client.chat.completions.create({ ...body, messages });
    check(whole.choices[0]!.message as Message, whole.choices[0]!.finish_reason, transcript);
    const stream = client.chat.completions.stream({ ...body, messages });
    const final = (await stream.finalChatCompletion()).choices[0]!;
    expect(final.finish_reason).toBe(whole.choices[0]!.finish_reason);
    expect(final.message.tool_calls?.length ?? 0).toBe(transcript.calls.length);
    expect(final.message.content ?? '').toBe(transcript.text);
  });
});

describe('a stream', () => {
  it('carries thinking, then a call: first its id and name, then its arguments piece by piece', async () => {
    speak('hermes');
    const transcript = of('hermes', 'thinking in front');
    const stream = await client.chat.completions.create({
      ...body,
      // A reader who is behind gets several pieces as one.
      messages: messagesOf(orderOf(transcript, { delayMs: 3 })),
      stream: true,
      stream_options: { include_usage: true },
    });
    const pieces: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall[] = [];
    const message: Message = { content: null, reasoning_content: '' };
    let finish: string | null = null;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const { choices, usage: counted } of stream) {
      usage = counted ?? usage;
      const choice = choices[0];
      if (choice === undefined) continue;
      message.reasoning_content += (choice.delta as { reasoning_content?: string }).reasoning_content ?? '';
      pieces.push(...(choice.delta.tool_calls ?? []));
      finish = choice.finish_reason ?? finish;
    }
    expect(pieces[0]).toEqual({
      index: 0,
      id: expect.stringMatching(/^call_\w{24}$/),
      type: 'function',
      function: { name: 'get_weather', arguments: '' },
    });
    expect(pieces.slice(1).every((piece) => piece.id === undefined && piece.function?.name === undefined)).toBe(true);
    expect(pieces.length).toBeGreaterThan(10);
    message.tool_calls = [
      {
        id: '',
        type: '',
        function: { name: 'get_weather', arguments: pieces.map((piece) => piece.function?.arguments).join('') },
      },
    ];
    check(message, finish, transcript);
    const thought = usage!.completion_tokens_details!.reasoning_tokens!;
    expect(thought).toBeGreaterThanOrEqual(transcript.reasoning!.length);
    expect(thought).toBeLessThan(transcript.said.indexOf('</think>') + 10);
  });

  it('goes on behind a worker that died, wherever that was, as if nothing had been', async () => {
    speak('hermes');
    const transcript = of('hermes', 'text, then two calls');
    const within = [5, 20, 40, 60, 100];
    for (const diesAt of within) {
      const stream = client.chat.completions.stream({ ...body, messages: messagesOf(orderOf(transcript, { diesAt })) });
      const ids = new Set<string>();
      stream.on('chunk', ({ choices }) => {
        for (const { id } of choices[0]?.delta.tool_calls ?? []) if (id !== undefined) ids.add(id);
      });
      const { message, finish_reason: finish } = (await stream.finalChatCompletion()).choices[0]!;
      check(message as Message, finish, transcript);
      expect(ids.size).toBe(2);
    }
    const status = await jsonOf(fetch(`${test.server.adminUrl}/admin/status`));
    expect(status.totals.generationsRecovered).toBeGreaterThanOrEqual(within.length);
  });
});

it('a call that is cut off by max_tokens ends with "length"', async () => {
  speak('hermes');
  const said = '<tool_call>\n{"name": "now", "arguments": {"a": 1';
  const { choices } = await client.chat.completions.create({
    ...body,
    messages: messagesOf({ said, finish: 'length' }),
  });
  expect(choices[0]).toMatchObject({ finish_reason: 'length', message: { content: null } });
});

describe('what a worker is told', () => {
  const show = async (more: object, messages: object[] = []) => {
    const conversation = [...messages, { role: 'user', content: 'show' }];
    const { choices } = await jsonOf(
      post(`${test.server.apiUrl}/v1/chat/completions`, { ...body, messages: conversation, ...more }),
    );
    return JSON.parse(choices[0].message.content) as {
      input: {
        tools?: string;
        templateOptions?: string;
        messages: { role: string; content: string; toolCalls?: object[] }[];
      };
      constraint: {
        form: { tags: { begin: string }[]; many: boolean; trigger: string | null };
        after: string | null;
      } | null;
    };
  };
  const called = [
    { role: 'user', content: 'Weather?' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'now', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'noon' },
  ];

  it('are tools, calls and results as they are, for a template that knows them', async () => {
    speak('llama3');
    const { input, constraint } = await show({}, called);
    expect(JSON.parse(input.tools!)).toHaveLength(tools.length);
    expect(input.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user']);
    expect(input.messages[1]!.toolCalls).toEqual([{ id: 'c1', name: 'now', arguments: '{}' }]);
    expect(constraint).toBeNull();
  });

  it('is text, for a template that knows none', async () => {
    speak('generic');
    const { input } = await show({}, called);
    expect(input.tools).toBeUndefined();
    expect(input.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(input.messages[0]!.content).toContain('"name":"get_weather"');
    expect(input.messages[2]!.content).toBe('<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>');
    expect(input.messages[3]!.content).toBe('<tool_response>\nnoon\n</tool_response>\nshow');
  });

  it('is no tool for tool_choice "none"', async () => {
    speak('hermes');
    expect((await show({ tool_choice: 'none' })).input.tools).toBeUndefined();
  });

  it('is whether to think, in the word of its template', async () => {
    speak('deepseek-v3.1');
    const asked = await show({ tools: undefined, chat_template_kwargs: { enable_thinking: true } });
    expect(JSON.parse(asked.input.templateOptions!)).toEqual({ thinking: true });
    speak('harmony');
    const effort = await show({ tools: undefined, reasoning_effort: 'low' });
    expect(JSON.parse(effort.input.templateOptions!)).toEqual({ reasoning_effort: 'low' });
  });
});

describe('refused is', () => {
  const refusal = async (more: object) => {
    const response = await post(`${test.server.apiUrl}/v1/chat/completions`, {
      ...body,
      messages: messagesOf({ said: '' }),
      ...more,
    });
    return { status: response.status, ...(await jsonOf(response)).error };
  };

  it('thinking of a model that does not think', async () => {
    speak('generic');
    expect(await refusal({ reasoning_effort: 'high' })).toMatchObject({ status: 400, code: 'model_unsupported' });
  });

  it('a schema that the engine cannot hold to, as a fault of the tools', async () => {
    speak('hermes');
    const refusedFor = (refuses: string) => refusal({ messages: messagesOf({ refuses }), tool_choice: 'required' });
    expect(await refusedFor('constraint')).toMatchObject({ status: 400, param: 'tools' });
    const param = 'tools[0].function.parameters';
    expect(await refusedFor('constraint.form.tags[0]')).toMatchObject({ status: 400, param });
  });

  it('a format that the engine cannot hold to, by the name that it was sent under', async () => {
    speak('hermes');
    const more = { messages: messagesOf({ refuses: 'constraint' }), tools: undefined, guided_json: { type: 'object' } };
    expect(await refusal(more)).toMatchObject({ status: 400, param: 'guided_json' });
  });

  it('a strict tool where calls are no JSON and may be left out', async () => {
    speak('qwen3-coder');
    const strict = [{ type: 'function', function: { name: 'now', strict: true } }];
    expect(await refusal({ tools: strict })).toMatchObject({ status: 400, code: 'model_unsupported', param: 'tools' });
  });
});

it('a model says in which form it calls', async () => {
  speak('glm');
  const shown = await jsonOf(fetch(`${test.server.adminUrl}/admin/capabilities?model=test/${fixture}`));
  expect(shown).toMatchObject({ tools: true, toolFormat: 'glm', thinking: true });
});
