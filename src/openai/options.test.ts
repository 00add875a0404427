import { describe, expect, it } from 'vitest';
import { chatBody, readChatRequest } from './chat-request.ts';
import { completionBody, readCompletionRequest } from './completion-request.ts';
import { options } from './options.ts';

const context = { requestId: 'r', priority: 'normal' } as const;
const endpoints = [
  [
    'chat',
    chatBody,
    (fields: object) => readChatRequest({ messages: [{ role: 'user', content: 'x' }], ...fields }, context),
  ],
  ['completions', completionBody, (fields: object) => readCompletionRequest({ prompt: 'x', ...fields }, context)],
] as const;
const refusal = (param: string) => expect.objectContaining({ code: 'invalid_request', param });

describe.each(endpoints)('options of %s', (endpoint, body, read) => {
  const here = options.filter(({ on }) => on.includes(endpoint));
  const names = (...verdicts: string[]) =>
    here.filter(({ verdict }) => verdicts.includes(verdict)).flatMap((option) => option.names);

  it('that are honoured or accepted are those that a request is read for, and no others', () => {
    const known = names('honoured', 'accepted').map((name) => name.split('.', 1)[0]!);
    const read = Object.keys(body.shape).filter((name) => !names('refused').includes(name));
    expect([...new Set(known)].sort()).toEqual(read.sort());
  });

  it('have one verdict each', () => {
    const all = names('honoured', 'accepted', 'refused');
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
  });

  it.each(names('refused').filter((name) => name !== 'best_of'))('refuse %s by name, and take null', (name) => {
    expect(() => read({ [name]: { type: 'other' } })).toThrow(refusal(name));
    expect(() => read({ [name]: null })).not.toThrow();
  });

  it.each([
    { user: 'ann', safety_identifier: 'a', prompt_cache_key: 'k', service_tier: 'priority', metadata: { a: 'b' } },
    { prompt_cache_retention: '24h', stream: true, stream_options: { include_obfuscation: false } },
    { store: false, mirostat: 0, repeat_penalty: 1, length_penalty: 1, use_beam_search: false },
    { some_field_of_a_client: { of: 'its own' } },
  ])('take %j, of which an answer shows nothing', (fields) => {
    expect(read(fields).generations).toEqual(read({}).generations);
  });

  it.each([
    ['user', 7],
    ['user', 'x'.repeat(513)],
    ['metadata', { a: 1 }],
    ['metadata', Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v']))],
    ['service_tier', 'fastest'],
    ['min_tokens', -1],
    ['min_tokens', 9],
    ['ignore_eos', 'yes'],
    ['stop_token_ids', [1.5]],
    ['stop_token_ids', Array(129).fill(1)],
  ])('refuse %s of %j', (name, value) => {
    const param = expect.stringMatching(new RegExp(`^${name}`));
    expect(() => read({ max_tokens: 8, [name]: value })).toThrow(
      expect.objectContaining({ code: 'invalid_request', param }),
    );
  });

  it('say when an answer may end', () => {
    const fields = { min_tokens: 2, ignore_eos: true, stop_token_ids: [5, 6] };
    const ending = { minTokens: 2, ignoreEnd: true, stopTokenIds: [5, 6] };
    expect(read(fields).generations[0]).toMatchObject({ ending });
    expect(read({}).generations[0]!.ending).toBeUndefined();
  });

  it.each([
    ['min_tokens', 2],
    ['ignore_eos', true],
  ])('refuse %s for an answer that ends where its form does', (name, value) => {
    const form = { response_format: { type: 'json_object' } };
    expect(() => read({ ...form, [name]: value })).toThrow(refusal(name));
    expect(() => read({ ...form, min_tokens: 0, ignore_eos: false, stop_token_ids: [5] })).not.toThrow();
  });
});

describe('a chat', () => {
  const [, , read] = endpoints[0];
  const tools = (strict: boolean) => [{ type: 'function', function: { name: 'f', parameters: {}, strict } }];

  it('that must call a tool, or hold its calls to a schema, has the end of its form', () => {
    const late = { min_tokens: 2 };
    expect(() => read({ ...late, tools: tools(false), tool_choice: 'required' })).toThrow(refusal('min_tokens'));
    const named = { type: 'function', function: { name: 'f' } };
    expect(() => read({ ...late, tools: tools(false), tool_choice: named })).toThrow(refusal('min_tokens'));
    expect(() => read({ ...late, tools: tools(true) })).toThrow(refusal('min_tokens'));
    expect(() => read({ ...late, tools: tools(false) })).not.toThrow();
    expect(() => read({ ...late, tools: tools(true), tool_choice: 'none' })).not.toThrow();
  });
});

describe('a completion', () => {
  const [, , read] = endpoints[1];

  it('with echo asks for the logprobs of its prompt where it asks for logprobs', () => {
    expect(read({ echo: true }).generations[0]).toMatchObject({ echo: true, promptLogprobs: undefined });
    expect(read({ echo: true, logprobs: 3 }).generations[0]).toMatchObject({ echo: true, promptLogprobs: 3 });
    expect(read({ echo: false, logprobs: 3 }).generations[0]).not.toHaveProperty('promptLogprobs');
  });

  it('may be empty where the prompt is wanted, and there alone', () => {
    expect(read({ echo: true, max_tokens: 0 }).generations[0]!.maxTokens).toBe(0);
    expect(() => read({ max_tokens: 0 })).toThrow(refusal('max_tokens'));
  });

  it('compares no answers: best_of is the number of them', () => {
    expect(read({ best_of: 2, n: 2 }).generations).toHaveLength(2);
    expect(() => read({ best_of: 2 })).toThrow(refusal('best_of'));
  });
});
