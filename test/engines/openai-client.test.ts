// The official OpenAI client, unmodified, against the real server with both real engines.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openaiOf, type RealServer, startRealServer } from './real-server.ts';

const question = [{ role: 'user' as const, content: 'What is the capital of France?' }];
const starters = ['starter/smollm2-135m-instruct', 'starter/smollm2-135m-instruct-gguf'];
let server: RealServer;
let client: OpenAI;

beforeAll(async () => {
  server = await startRealServer();
  client = openaiOf(server);
});
afterAll(() => server.stop());

describe.each(starters)('%s', (model) => {
  it('answers Paris, whole', async () => {
    const answer = await client.chat.completions.create({ model, messages: question });
    expect(answer.choices[0]!.message.content).toContain('Paris');
    expect(answer.choices[0]!.finish_reason).toBe('stop');
    expect(answer.usage!.completion_tokens).toBeGreaterThan(3);
  });

  it('answers Paris, streamed in many chunks', async () => {
    const stream = await client.chat.completions.create({
      model,
      messages: question,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let chunks = 0;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
      chunks += 1;
    }
    expect(text).toContain('Paris');
    expect(chunks).toBeGreaterThan(5);
    expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);
  });

  it('gives the same text for the same seed, another for another', async () => {
    const say = async (seed: number) => {
      const messages = [{ role: 'user' as const, content: 'Invent a story.' }];
      const body = { model, messages, temperature: 1, top_p: 1, max_tokens: 12, seed };
      return (await client.chat.completions.create(body)).choices[0]!.message.content;
    };
    expect(await say(1)).toBe(await say(1));
    expect(new Set(await Promise.all([1, 2, 3, 4].map(say))).size).toBeGreaterThan(1);
  });

  it('stops before a stop string', async () => {
    const body = { model, messages: question, temperature: 0, stop: [' France'] };
    const { choices } = await client.chat.completions.create(body);
    expect(choices[0]).toMatchObject({ message: { content: 'The capital of' }, finish_reason: 'stop' });
  });

  it('gives logprobs in the shape of OpenAI', async () => {
    const body = { model, messages: question, temperature: 0, max_tokens: 3, logprobs: true, top_logprobs: 2 };
    const { content } = (await client.chat.completions.create(body)).choices[0]!.logprobs!;
    expect(content).toHaveLength(3);
    for (const { token, logprob, top_logprobs } of content!) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top_logprobs).toHaveLength(2);
      expect(top_logprobs[0]!.token).toBe(token);
    }
  });

  it('takes the second turn of a chat from its prefix cache', async () => {
    const first = await client.chat.completions.create({ model, messages: question, temperature: 0 });
    const messages = [...question, first.choices[0]!.message, { role: 'user' as const, content: 'And of Spain?' }];
    const { usage } = await client.chat.completions.create({ model, messages, temperature: 0, max_tokens: 4 });
    const known = first.usage!.prompt_tokens + first.usage!.completion_tokens;
    expect(usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThanOrEqual(known - 1);
  });

  it('refuses a prompt that does not fit', async () => {
    const content = 'word '.repeat(9000);
    const refused = client.chat.completions.create({ model, messages: [{ role: 'user', content }] });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });

  it('completes plain text', async () => {
    const { choices } = await client.completions.create({
      model,
      prompt: 'The capital of France is',
      max_tokens: 4,
      temperature: 0,
    });
    expect(choices[0]!.text).toContain('Paris');
  });

  it('answers the official Python client', async () => {
    const python = fileURLToPath(new URL('../../.runtime/python/dev/bin/python', import.meta.url));
    const script = fileURLToPath(new URL('openai_client.py', import.meta.url));
    const { stdout } = await promisify(execFile)(python, [script, `${server.apiUrl}/v1`, model]);
    const { whole, streamed } = JSON.parse(stdout) as { whole: string; streamed: string };
    expect(whole).toContain('Paris');
    expect(streamed).toContain('Paris');
  });
});
