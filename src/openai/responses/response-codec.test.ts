import { describe, expect, it } from 'vitest';
import { type GenerationEnd, ServerError, type TokenDelta } from '../../core/index.ts';
import type { AnswerAbout } from '../codec.ts';
import type { ResponseBody, ResponseSpec } from './response-body.ts';
import { createResponseCodec } from './response-codec.ts';
import { readThoughts } from './thoughts.ts';

const about: AnswerAbout = {
  id: 'resp_0123456789abcdef01234567',
  model: 'a/b',
  created: 7,
  includeUsage: false,
  prompts: 1,
  elapsedMs: () => 0,
};
const delta = (more: Partial<TokenDelta>): TokenDelta => ({ type: 'token-delta', tokenIds: [1], text: '', ...more });
const end = (finishReason: GenerationEnd['finishReason'] = 'tool_calls'): GenerationEnd => ({
  type: 'end',
  finishReason,
  stopSequence: null,
  usage: { promptTokens: 9, cachedTokens: 2, completionTokens: 6 },
  timings: { prefillMs: 1, decodeMs: 1 },
});
const logprob = { tokenId: 1, text: 'é', logprob: -0.5, top: [] };
const deltas: TokenDelta[] = [
  delta({ reasoning: 'hm' }),
  delta({ reasoning: 'm' }),
  delta({ logprobs: [logprob] }), // Its text is held back.
  delta({ text: 'é🦊', logprobs: [{ ...logprob, text: '🦊' }] }),
  delta({ toolCalls: [{ index: 0, id: 'call_1', name: 'weather', arguments: '{"place":' }] }),
  delta({ toolCalls: [{ index: 0, arguments: '"Rome"}' }] }),
  delta({ toolCalls: [{ index: 1, id: 'call_2', name: 'clock', arguments: '{}' }] }),
];
const first = { type: 'prefill-progress', processed: 0, total: 9, cached: 0 } as const;

interface Event {
  readonly type: string;
  readonly sequence_number: number;
  readonly [key: string]: unknown;
}

const parse = (text: string): Event[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .map((part) => {
      const [, name, data] = /^event: ([\w.]+)\ndata: (.*)$/.exec(part)!;
      const event = JSON.parse(data!) as Event;
      expect(event.type).toBe(name);
      return event;
    });

function run(spec: Partial<ResponseSpec> = {}) {
  const ended: ResponseBody[] = [];
  const full: ResponseSpec = { echo: { metadata: { a: 'b' } }, summarised: false, wrapped: false, ...spec };
  const codec = createResponseCodec({ spec: full, onEnd: (body) => ended.push(body) });
  const wording = codec.stream(about);
  const events = parse(
    wording.opening(0, first) + deltas.map((one) => wording.delta(0, one)).join('') + wording.closing(0, end()),
  );
  const answer = codec.empty();
  for (const event of [...deltas, end()]) codec.add(answer, event);
  const whole = codec.whole(about, [answer]) as ResponseBody;
  return { events, whole, ended, codec };
}

describe('a response', () => {
  it('whole is what its stream adds up to, and is told to whoever keeps it', () => {
    const { events, whole, ended } = run();
    expect(whole).toMatchObject({
      id: about.id,
      object: 'response',
      created_at: 7,
      status: 'completed',
      metadata: { a: 'b' },
      output: [
        { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'hmm' }], summary: [] },
        { type: 'message', content: [{ type: 'output_text', text: 'é🦊', annotations: [] }] },
        { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"place":"Rome"}' },
        { type: 'function_call', call_id: 'call_2', name: 'clock', arguments: '{}' },
      ],
      usage: { input_tokens: 9, output_tokens: 6, output_tokens_details: { reasoning_tokens: 2 }, total_tokens: 15 },
    });
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: JSON.parse(JSON.stringify(whole)) });
    expect(ended).toEqual([whole, whole]);
    const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
    expect(done).toEqual(JSON.parse(JSON.stringify(whole.output)));
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
  });

  it('gives logprobs with the text that their tokens belong to', () => {
    const { events } = run();
    const told = events.find(({ type }) => type === 'response.output_text.delta')!;
    expect(told.logprobs).toMatchObject([{ token: 'é', bytes: [0xc3, 0xa9] }, { token: '🦊' }]);
  });

  it('streams calls and thoughts in pieces', () => {
    const pieces = (events: readonly Event[], type: string) =>
      events.filter((event) => event.type === `response.${type}.delta`).map((event) => event.delta);
    expect(pieces(run().events, 'function_call_arguments')).toEqual(['{"place":', '"Rome"}', '{}']);
    expect(pieces(run().events, 'reasoning_text')).toEqual(['hm', 'm']);
    expect(pieces(run({ summarised: true }).events, 'reasoning_summary_text')).toEqual(['hm', 'm']);
  });

  it('tells thoughts as a summary, and in a form that can be sent back, where that is asked for', () => {
    const [thought] = run({ summarised: true, wrapped: true }).whole.output as { encrypted_content: string }[];
    expect(thought).toMatchObject({ summary: [{ type: 'summary_text', text: 'hmm' }] });
    expect(readThoughts({ encrypted_content: thought!.encrypted_content })).toBe('hmm');
  });

  it('that fails is told as failed, with what it had said', () => {
    const { codec } = run();
    const wording = codec.stream(about);
    wording.opening(0, first);
    wording.delta(0, delta({ text: 'so far' }));
    expect(parse(wording.failed!(new ServerError('worker_crashed', 'why')))).toMatchObject([
      {
        type: 'response.failed',
        response: {
          status: 'failed',
          error: { code: 'server_error', message: 'why' },
          output: [{ status: 'incomplete', content: [{ text: 'so far' }] }],
        },
      },
    ]);
  });
});
