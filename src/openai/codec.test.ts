import { describe, expect, it } from 'vitest';
import type { GenerationEnd, SampledLogprob } from '../core/index.ts';
import { type Answer, addToAnswer, emptyAnswer } from './answer.ts';
import { chatCodec } from './chat-codec.ts';
import type { AnswerAbout, Codec } from './codec.ts';
import { completionCodec } from './completion-codec.ts';

const about: AnswerAbout = {
  id: 'x-1',
  model: 'org/"quoted"',
  created: 1,
  includeUsage: false,
  prompts: 1,
  elapsedMs: () => 0,
};
const end: GenerationEnd = {
  type: 'end',
  finishReason: 'length',
  stopSequence: null,
  usage: { promptTokens: 5, cachedTokens: 2, completionTokens: 3 },
  timings: { prefillMs: 1, decodeMs: 1 },
};
const logprob: SampledLogprob = {
  tokenId: 7,
  text: 'é',
  logprob: -0.5,
  top: [{ tokenId: 7, text: 'é', logprob: -0.5 }],
};
const nasty = 'line\nbreak "quote" \\ \u2028 \u0000 🦊';

type Json = Record<string, unknown>;

/** The JSON values in an SSE text; fails on anything else in it. */
function events(text: string): Json[] {
  expect(text === '' || text.endsWith('\n\n')).toBe(true);
  return text
    .split('\n\n')
    .filter((part) => part !== '')
    .map((part) => {
      expect(part).toMatch(/^data: [^\n]+$/);
      return JSON.parse(part.slice(6));
    });
}

const textOf: [string, Codec<Answer>, (choice: Json) => unknown][] = [
  ['chat', chatCodec, (choice) => (choice.delta as { content: string }).content],
  ['completion', completionCodec, (choice) => choice.text],
];

describe.each(textOf)('a %s stream', (_, codec, contentOf) => {
  it('is JSON whatever the text and the model are called', () => {
    const [event] = events(codec.stream(about).delta(1, { type: 'token-delta', tokenIds: [1], text: nasty }));
    expect(event).toMatchObject({ id: 'x-1', model: 'org/"quoted"', choices: [{ index: 1, finish_reason: null }] });
    expect(contentOf((event!.choices as Json[])[0]!)).toBe(nasty);
    expect(event).not.toHaveProperty('usage');
  });

  it('shows nothing for tokens whose text is held back', () => {
    expect(codec.stream(about).delta(0, { type: 'token-delta', tokenIds: [1, 2], text: '' })).toBe('');
  });

  it('carries usage null until the usage chunk, when usage is asked for', () => {
    const wording = codec.stream({ ...about, includeUsage: true });
    expect(events(wording.closing(0, end))[0]).toMatchObject({ usage: null, choices: [{ finish_reason: 'length' }] });
    expect(events(wording.usage([end, end]))[0]).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11, prompt_tokens_details: { cached_tokens: 2 } },
    });
  });
});

describe('logprobs', () => {
  const delta = { type: 'token-delta', tokenIds: [7], text: 'é', logprobs: [logprob] } as const;

  it('of a chat have token, bytes and alternatives', () => {
    const [event] = events(chatCodec.stream(about).delta(0, delta));
    const entry = { token: 'é', logprob: -0.5, bytes: [0xc3, 0xa9] };
    expect(event).toMatchObject({
      choices: [{ logprobs: { content: [{ ...entry, top_logprobs: [entry] }], refusal: null } }],
    });
  });

  it('of a completion are lists side by side, with offsets that go on from chunk to chunk', () => {
    const wording = completionCodec.stream(about);
    events(wording.delta(0, delta));
    expect(events(wording.delta(0, delta))[0]).toMatchObject({
      choices: [{ logprobs: { tokens: ['é'], token_logprobs: [-0.5], top_logprobs: [{ é: -0.5 }], text_offset: [1] } }],
    });
  });
});

it('a whole answer is what its stream would have said', () => {
  const answer = emptyAnswer();
  for (const text of ['Par', '', 'is']) addToAnswer(answer, { type: 'token-delta', tokenIds: [1], text });
  addToAnswer(answer, end);
  expect(chatCodec.whole(about, [answer])).toMatchObject({
    choices: [{ message: { role: 'assistant', content: 'Paris' }, finish_reason: 'length', logprobs: null }],
  });
  expect(completionCodec.whole(about, [answer])).toMatchObject({ choices: [{ text: 'Paris' }] });
});
