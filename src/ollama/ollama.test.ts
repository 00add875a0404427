import { describe, expect, it } from 'vitest';
import type { ChatInput, GenerationEnd, TokenDelta } from '../core/index.ts';
import type { AnswerAbout } from '../openai/index.ts';
import { createOllamaCodec, type OllamaForm } from './codec.ts';
import { fromOllama, toOllama } from './model-name.ts';
import { readChatRequest, readGenerateRequest } from './requests.ts';

const context = { requestId: 'r', priority: 'normal' } as const;
const hello = { role: 'user', content: 'hello' };
const chat = (body: object) => readChatRequest({ model: 'a/b', messages: [hello], ...body }, context);
const generate = (body: object) => readGenerateRequest({ model: 'a/b', prompt: 'hello', ...body }, context);

describe('names', () => {
  it('have an implied tag', () => {
    expect(['a/b:latest', 'a/b', 'a/b:Q4_K_M', 'alias:latest'].map(fromOllama)).toEqual([
      'a/b',
      'a/b',
      'a/b:Q4_K_M',
      'alias',
    ]);
    expect(['a/b', 'a/b:Q4_K_M'].map(toOllama)).toEqual(['a/b:latest', 'a/b:Q4_K_M']);
  });
});

describe('a request', () => {
  it('of a chat becomes one Generation, streamed unless told otherwise', () => {
    const options = {
      temperature: 0.5,
      top_k: 3,
      top_p: 0.5,
      min_p: 0.1,
      repeat_penalty: 1.2,
      seed: 7,
      stop: ['END'],
      num_predict: 9,
      num_ctx: 4096,
    };
    const asked = chat({ model: 'a/b:latest', options, format: 'json', think: 'high', keep_alive: '5m' });
    expect(asked).toMatchObject({
      model: 'a/b:latest',
      stream: true,
      unload: false,
      generation: {
        model: 'a/b',
        maxTokens: 9,
        stop: ['END'],
        sampling: { temperature: 0.5, topK: 3, topP: 0.5, minP: 0.1, repetitionPenalty: 1.2, seed: 7 },
        constraint: { form: { kind: 'json_schema' } },
        input: { messages: [hello], thinking: { enabled: true, effort: 'high' } },
      },
    });
    expect(chat({ stream: false, options: { num_predict: -1, seed: -1 } })).toMatchObject({
      stream: false,
      generation: { maxTokens: undefined, sampling: { seed: undefined } },
    });
  });

  it('of a prompt becomes a chat, unless it is raw', () => {
    expect(generate({ system: 'Be.', images: ['QUJD'] }).generation!.input).toMatchObject({
      messages: [
        { role: 'system', content: 'Be.' },
        {
          role: 'user',
          content: [
            { type: 'image', source: 'data:image/png;base64,QUJD' },
            { type: 'text', text: 'hello' },
          ],
        },
      ],
    });
    expect(generate({ raw: true }).generation!.input).toEqual({ kind: 'text', text: 'hello' });
  });

  it('with nothing to say asks for a model to be loaded or unloaded', () => {
    expect(chat({ messages: [] })).toMatchObject({ generation: undefined, unload: false });
    for (const keep_alive of [0, '0', '0s', '0m0s']) {
      expect(generate({ prompt: '', keep_alive })).toMatchObject({ generation: undefined, unload: true });
    }
    for (const keep_alive of [-1, '10m', 300, '1h30m']) expect(chat({ keep_alive }).unload).toBe(false);
  });

  it('gives calls of tools ids, and their results the same', () => {
    const call = (name: string) => ({ function: { name, arguments: { a: 1 } } });
    const messages = [
      hello,
      { role: 'assistant', content: '', thinking: 'hm', tool_calls: [call('x'), call('y')] },
      { role: 'tool', tool_name: 'y', content: 'of y' },
      { role: 'tool', content: 'of x' },
    ];
    const tools = [{ type: 'function', function: { name: 'x', description: 'd', parameters: { type: 'object' } } }];
    const input = chat({ messages, tools }).generation!.input as ChatInput;
    const param = 'tools[0].function.parameters';
    expect(input.tools).toEqual([
      { name: 'x', description: 'd', parameters: { type: 'object' }, strict: false, param },
    ]);
    expect(input.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: '',
        reasoning: 'hm',
        toolCalls: [
          { id: 'call_1', name: 'x', arguments: '{"a":1}' },
          { id: 'call_2', name: 'y', arguments: '{"a":1}' },
        ],
      },
      { role: 'tool', content: 'of y', toolCallId: 'call_2' },
      { role: 'tool', content: 'of x', toolCallId: 'call_1' },
    ]);
  });

  it.each([
    ['an unknown option', { options: { colour: 1 } }, 'options.colour'],
    ['a sampler that is not here', { options: { mirostat: 2 } }, 'options.mirostat'],
    ['a template', { template: '{{ x }}' }, 'template'],
    ['a format of no kind', { format: 'yaml' }, 'format'],
    ['a duration of no kind', { keep_alive: 'long' }, 'keep_alive'],
    ['no model', { model: undefined }, 'model'],
    ['an unknown role', { messages: [{ role: 'ghost', content: '' }] }, 'messages'],
  ])('with %s is refused', (_, body, param) => {
    const refusal = { code: 'invalid_request', param: expect.stringContaining(param) };
    expect(() => chat(body)).toThrow(expect.objectContaining(refusal));
  });
});

describe('an answer', () => {
  const about: AnswerAbout = {
    id: '1',
    model: 'a/b',
    created: 1,
    includeUsage: false,
    prompts: 1,
    elapsedMs: () => 10,
  };
  const delta = (more: Partial<TokenDelta>): TokenDelta => ({ type: 'token-delta', tokenIds: [1], text: '', ...more });
  const deltas = [
    delta({ reasoning: 'hm' }),
    delta({ text: 'I\n' }),
    delta({}),
    delta({ text: 'look' }),
    delta({ toolCalls: [{ index: 0, id: 'c1', name: 'x', arguments: '{"a"' }] }),
    delta({ toolCalls: [{ index: 0, arguments: ':1}' }] }),
    delta({ toolCalls: [{ index: 1, id: 'c2', name: 'y', arguments: '{}' }] }),
  ];
  const end: GenerationEnd = {
    type: 'end',
    finishReason: 'tool_calls',
    stopSequence: null,
    usage: { promptTokens: 9, cachedTokens: 2, completionTokens: 6 },
    timings: { prefillMs: 2, decodeMs: 3 },
  };
  const calls = [
    { id: 'c1', function: { index: 0, name: 'x', arguments: { a: 1 } } },
    { id: 'c2', function: { index: 1, name: 'y', arguments: {} } },
  ];
  const last = {
    model: 'a/b:latest',
    done: true,
    done_reason: 'stop',
    total_duration: 10_000_000,
    load_duration: 5_000_000,
    prompt_eval_count: 9,
    prompt_eval_duration: 2_000_000,
    eval_count: 6,
    eval_duration: 3_000_000,
  };

  const streamed = (form: OllamaForm): Record<string, unknown>[] => {
    const wording = createOllamaCodec(form, 'a/b:latest').stream(about);
    const text = deltas.map((one) => wording.delta(0, one)).join('') + wording.closing(0, end);
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  };
  const whole = (form: OllamaForm) => {
    const codec = createOllamaCodec(form, 'a/b:latest');
    const answer = codec.empty();
    for (const event of [...deltas, end]) codec.add(answer, event);
    return codec.whole(about, [answer]);
  };

  it('of a chat is a line a piece, and a call once it is whole', () => {
    const lines = streamed('chat');
    expect(lines.map(({ message, done }) => [message, done])).toEqual([
      [{ role: 'assistant', content: '', thinking: 'hm' }, false],
      [{ role: 'assistant', content: 'I\n' }, false],
      [{ role: 'assistant', content: 'look' }, false],
      [{ role: 'assistant', content: '', tool_calls: [calls[0]] }, false],
      [{ role: 'assistant', content: '', tool_calls: [calls[1]] }, false],
      [{ role: 'assistant', content: '' }, true],
    ]);
    expect(lines.at(-1)).toMatchObject(last);
    expect(whole('chat')).toMatchObject({
      ...last,
      message: { role: 'assistant', content: 'I\nlook', thinking: 'hm', tool_calls: calls },
    });
  });

  it('of a prompt is the same beside the other fields', () => {
    expect(streamed('generate')[1]).toMatchObject({ response: 'I\n', done: false });
    expect(whole('generate')).toMatchObject({ ...last, response: 'I\nlook', thinking: 'hm' });
  });
});
