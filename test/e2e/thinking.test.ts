// A budget of thinking, from the client's field to the worker that is made to go on, with a model that thinks as told.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './test-server.ts';

const model = 'test/thinks-aloud';
const always = '{% if add_generation_prompt %}<think>{% endif %}';
const chosen = '{% if enable_thinking is defined and enable_thinking is false %}<think></think>{% endif %}';
let test: TestServer;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  test = await startTestServer(['thinks-aloud', 'counts']);
  openai = new OpenAI({ baseURL: `${test.server.apiUrl}/v1`, apiKey: 'none', maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: test.server.apiUrl, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => test[Symbol.asyncDispose]());

function thinksBy(template: string): void {
  writeFileSync(join(test.folder, 'models', model, 'chat_template.jinja'), template);
}

const opened = { promptEnd: '<think>', thought: 'one two three</think>', said: 'Four.' };
const begun = { thought: '<think>one two three</think>', said: 'Four.' };
const messages = (order: object) => [{ role: 'user' as const, content: JSON.stringify(order) }];

interface Thought {
  content: string | null;
  reasoning_content?: string;
}

async function whole(order: object, fields: object) {
  const answer = await openai.chat.completions.create({ model, messages: messages(order), ...fields });
  const { message, finish_reason: finish } = answer.choices[0]!;
  const { content, reasoning_content: thought } = message as Thought;
  const {
    completion_tokens: tokens,
    completion_tokens_details: details,
    prompt_tokens_details: prompt,
  } = answer.usage!;
  return { content, thought, finish, tokens, thinking: details?.reasoning_tokens, cached: prompt?.cached_tokens };
}

async function streamed(order: object, fields: object) {
  const stream = await openai.chat.completions.create({ model, messages: messages(order), stream: true, ...fields });
  let content = '';
  let thought = '';
  let finish: string | null = null;
  for await (const { choices } of stream) {
    content += choices[0]?.delta.content ?? '';
    thought += (choices[0]?.delta as Thought | undefined)?.reasoning_content ?? '';
    finish = choices[0]?.finish_reason ?? finish;
  }
  return { content, thought, finish };
}

describe('a budget of thinking', () => {
  it('closes the thinking where it is spent, and the model answers', async () => {
    thinksBy(always);
    const cut = { content: 'Four.', thought: 'one t', finish: 'stop' };
    const spent = { ...cut, tokens: 'one t</think>Four.'.length, thinking: 'one t</think>'.length, cached: 2 };
    expect(await whole(opened, { thinking_budget: 5 })).toEqual(spent);
    expect(await whole(opened, { thinking_token_budget: 5 })).toEqual(spent);
    expect(await whole(opened, { thinking_budget_tokens: 5 })).toEqual(spent);
    expect(await streamed(opened, { thinking_budget: 5 })).toEqual(cut);
  });

  it('counts the mark that the model begins its thinking with', async () => {
    thinksBy(chosen);
    expect(await whole(begun, { thinking_budget: '<think>one'.length })).toMatchObject({
      content: 'Four.',
      thought: 'one',
    });
  });

  it('changes nothing where it is not reached', async () => {
    thinksBy(always);
    const all = { content: 'Four.', thought: 'one two three', tokens: 'one two three</think>Four.'.length };
    for (const budget of [-1, opened.thought.length, 13, 500]) {
      expect(await whole(opened, { thinking_budget: budget })).toMatchObject(all);
    }
    const unthought = { promptEnd: '', thought: 'Just an answer.', said: '' };
    expect(await whole(unthought, { thinking_budget: 3 })).toMatchObject({
      content: 'Just an answer.',
      thought: undefined,
    });
  });

  it('leaves a model that is closing its thinking to it', async () => {
    thinksBy(always);
    for (const budget of [14, 17, 20]) {
      expect(await whole(opened, { thinking_budget: budget })).toMatchObject({
        content: 'Four.',
        thought: 'one two three',
      });
    }
  });

  it('is kept wherever a worker dies', async () => {
    thinksBy(always);
    for (const dies of [1, 4, 5, 13, 14, 16]) {
      expect(await whole({ ...opened, dies }, { thinking_budget: 5 })).toMatchObject({
        content: 'Four.',
        thought: 'one t',
        tokens: 18,
        thinking: 13,
      });
    }
  });

  it('does not make an answer longer than it may be', async () => {
    thinksBy(always);
    expect(await whole(opened, { thinking_budget: 5, max_tokens: 5 })).toMatchObject({
      finish: 'length',
      thought: 'one t',
    });
    expect(await whole(opened, { thinking_budget: 5, max_tokens: 15 })).toMatchObject({
      finish: 'length',
      content: 'Fo',
    });
  });

  it('is that of every choice', async () => {
    thinksBy(always);
    const answer = await openai.chat.completions.create({
      model,
      messages: messages(opened),
      n: 3,
      ...{ thinking_budget: 5 },
    });
    expect(answer.choices.map(({ message }) => message)).toMatchObject(
      Array.from({ length: 3 }, () => ({ content: 'Four.', reasoning_content: 'one t' })),
    );
  });

  it('of nothing, or thinking turned off, lets no model think', async () => {
    const silent = { content: 'Four.', thought: undefined, finish: 'stop' };
    thinksBy(always);
    for (const fields of [{ thinking_budget: 0 }, { reasoning_effort: 'none' }]) {
      expect(await whole(opened, fields)).toMatchObject(silent);
      expect(await whole(begun, fields)).toMatchObject(silent);
    }
  });

  it('bounds nothing in a model that does not think', async () => {
    const answer = await openai.chat.completions.create({
      model: 'test/counts',
      messages: [{ role: 'user', content: 'tokens=2' }],
      ...{ thinking_budget: 1 },
    });
    expect(answer.choices[0]?.message.content).toBe('w0 w1 ');
  });
});

describe("Anthropic's budget_tokens", () => {
  const ask = (order: object, thinking: Anthropic.ThinkingConfigParam) =>
    anthropic.messages.create({ model, max_tokens: 100, messages: messages(order), thinking });

  it('is kept, and thinking that is disabled does not happen', async () => {
    thinksBy(always);
    expect((await ask(opened, { type: 'enabled', budget_tokens: 5 })).content).toMatchObject([
      { type: 'thinking', thinking: 'one t' },
      { type: 'text', text: 'Four.' },
    ]);
    expect((await ask(opened, { type: 'disabled' })).content).toMatchObject([{ type: 'text', text: 'Four.' }]);
  });
});
