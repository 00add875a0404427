import { describe, expect, it } from 'vitest';
import { type GenerationEnd, type GenerationEvent, ServerError, type TokenDelta } from '../core/index.ts';
import type { AnswerAbout, FirstEvent } from '../openai/index.ts';
import { messagesErrorStatus } from './error-body.ts';
import { messageCodec } from './message-codec.ts';

const about: AnswerAbout = {
  id: 'msg_1',
  model: 'a/b',
  created: 1,
  includeUsage: false,
  prompts: 1,
  elapsedMs: () => 0,
};
const first: FirstEvent = { type: 'prefill-progress', processed: 2, total: 9, cached: 2 };
const delta = (more: Partial<TokenDelta>): TokenDelta => ({ type: 'token-delta', tokenIds: [1], text: '', ...more });
const end = (more: Partial<GenerationEnd> = {}): GenerationEnd => ({
  type: 'end',
  finishReason: 'stop',
  stopSequence: null,
  usage: { promptTokens: 9, cachedTokens: 2, completionTokens: 4 },
  timings: { prefillMs: 1, decodeMs: 1 },
  ...more,
});
const answer: TokenDelta[] = [
  delta({ reasoning: 'hm' }),
  delta({ reasoning: 'm', text: 'I ' }),
  delta({ text: 'look.\n🦊' }),
  delta({ toolCalls: [{ index: 0, id: 't1', name: 'weather', arguments: '{"place":' }] }),
  delta({}),
  delta({ toolCalls: [{ index: 0, arguments: '"Rome"}' }] }),
  delta({ toolCalls: [{ index: 1, id: 't2', name: 'clock', arguments: '' }] }),
];

interface Event {
  readonly type: string;
  readonly [key: string]: unknown;
}

function streamed(deltas: readonly TokenDelta[], last: GenerationEnd): Event[] {
  const wording = messageCodec.stream(about);
  const text =
    wording.opening(0, first) + deltas.map((one) => wording.delta(0, one)).join('') + wording.closing(0, last);
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((part) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(part)!;
      const event = JSON.parse(data!) as Event;
      expect(event.type).toBe(name);
      return event;
    });
}

function whole(events: readonly GenerationEvent[]) {
  const message = messageCodec.empty();
  for (const event of events) messageCodec.add(message, event);
  return messageCodec.whole(about, [message]) as { content: unknown[] };
}

describe('a message', () => {
  it('is streamed as blocks that open and close one after another', () => {
    const events = streamed(answer, end({ finishReason: 'tool_calls' }));
    expect(events.map(({ type, index }) => `${type}${index === undefined ? '' : ` ${index}`}`)).toEqual([
      'message_start',
      'ping',
      'content_block_start 0',
      'content_block_delta 0',
      'content_block_delta 0',
      'content_block_delta 0', // The signature.
      'content_block_stop 0',
      'content_block_start 1',
      'content_block_delta 1',
      'content_block_delta 1',
      'content_block_stop 1',
      'content_block_start 2',
      'content_block_delta 2',
      'content_block_delta 2',
      'content_block_stop 2',
      'content_block_start 3',
      'content_block_stop 3',
      'message_delta',
      'message_stop',
    ]);
    expect(events[0]).toMatchObject({
      message: { id: 'msg_1', content: [], usage: { input_tokens: 7, cache_read_input_tokens: 2, output_tokens: 0 } },
    });
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 4 } });
  });

  it('whole is what its stream adds up to', () => {
    const message = whole([...answer, end({ finishReason: 'tool_calls' })]);
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hmm', signature: expect.stringMatching(/./) },
        { type: 'text', text: 'I look.\n🦊' },
        { type: 'tool_use', id: 't1', name: 'weather', input: { place: 'Rome' } },
        { type: 'tool_use', id: 't2', name: 'clock', input: {} },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 7, cache_read_input_tokens: 2, cache_creation_input_tokens: 0, output_tokens: 4 },
    });
    const signatures = streamed(answer, end()).filter(({ delta }) => (delta as Event)?.type === 'signature_delta');
    expect((signatures[0]!.delta as Event).signature).toBe((message.content[0] as Event).signature);
  });

  it.each([
    [end(), 'end_turn', null],
    [end({ stopSequence: 'END' }), 'stop_sequence', 'END'],
    [end({ finishReason: 'length' }), 'max_tokens', null],
  ])('says why it ended', (last, stop_reason, stop_sequence) => {
    expect(whole([last])).toMatchObject({ content: [], stop_reason, stop_sequence });
    expect(streamed([], last).at(-2)).toMatchObject({ delta: { stop_reason, stop_sequence } });
  });

  it('shows arguments that were cut off', () => {
    const cut = delta({ toolCalls: [{ index: 0, id: 't', name: 'n', arguments: '{"a":' }] });
    expect(whole([cut, end({ finishReason: 'length' })]).content).toMatchObject([{ input: { INVALID_JSON: '{"a":' } }]);
  });
});

it('a server that is too busy answers with the status that Anthropic has for it', () => {
  expect(messagesErrorStatus(new ServerError('queue_full', 'why'))).toBe(529);
  expect(messagesErrorStatus(new ServerError('worker_timeout', 'why'))).toBe(504);
});

it.each([
  ['queue_full', 'overloaded_error'],
  ['model_not_found', 'not_found_error'],
  ['worker_crashed', 'api_error'],
  ['worker_timeout', 'timeout_error'],
] as const)('the failure %s in a stream is one event of type error', (code, type) => {
  const text = messageCodec.framing.error(new ServerError(code, 'why'), 'req_1');
  expect(text).toBe(
    `event: error\ndata: {"type":"error","error":{"type":"${type}","message":"why","param":null,"code":"${code}"},"request_id":"req_1"}\n\n`,
  );
});
