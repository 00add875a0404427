// A budget of thinking on the real engines. The starters do not think by themselves: here their templates begin a thought, which
// they never end, so each of them is one that thinks too long.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOf, post, readStream } from '../e2e/test-server.ts';
import { type RealServer, startRealServer, workerPid } from './real-server.ts';

const starters = resolve(import.meta.dirname, '../../.runtime/models/starter');
const folder = mkdtempSync(join(tmpdir(), 'mlx-thinking-'));
const models = ['smollm2-135m-instruct', 'smollm2-135m-instruct-gguf', 'shapes-vlm'];
const budget = 4;
const length = 14;
let server: RealServer;

beforeAll(async () => {
  for (const name of models) {
    const copy = join(folder, 'thinks', name);
    cpSync(join(starters, name), copy, { recursive: true });
    const template = join(copy, 'chat_template.jinja');
    writeFileSync(template, `${readFileSync(template, 'utf8').trimEnd()}{{ '<think>' }}`);
  }
  server = await startRealServer({ MLX_MODELS_DIR: folder });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const bodyOf = (name: string, more: object) => ({
  model: `thinks/${name}`,
  messages: [{ role: 'user', content: 'Is the sea green?' }],
  max_tokens: length,
  temperature: 0.7,
  seed: 7,
  ignore_eos: true, // Small as they are, they would often say nothing more.
  ...more,
});

async function ask(name: string, more: object) {
  const { choices, usage } = await jsonOf(post(`${server.apiUrl}/v1/chat/completions`, bodyOf(name, more)));
  const { content, reasoning_content: thought } = choices[0].message as { content: string; reasoning_content?: string };
  const { completion_tokens: tokens, completion_tokens_details: details } = usage;
  return { content, thought, tokens, thinking: details.reasoning_tokens as number };
}

describe.each(models)('%s, made to think', (name) => {
  it('thinks up to its budget as it would without one, then answers', async () => {
    const endless = await ask(name, {});
    expect(endless).toMatchObject({ content: '', tokens: length, thinking: length });
    const spent = await ask(name, { thinking_budget: budget });
    expect(endless.thought!.startsWith(spent.thought!)).toBe(true);
    expect(spent.thought).not.toBe('');
    expect(spent.content).not.toBe('');
    expect(spent.content).not.toContain('think>');
    expect(spent.thinking).toBeGreaterThan(budget);
    expect(spent.thinking).toBeLessThanOrEqual(budget + '</think>'.length);
  });

  it('answers at once where it is not to think', async () => {
    const answer = await ask(name, { reasoning_effort: 'none', max_tokens: 12 });
    expect(answer.thought).toBeUndefined();
    expect(answer.content).not.toBe('');
  });
});

describe.each(['smollm2-135m-instruct', 'smollm2-135m-instruct-gguf'])('%s, behind its budget', (name) => {
  it('keeps to the form that its answer must have', async () => {
    const schema = { type: 'object', properties: { green: { type: 'boolean' } }, required: ['green'] };
    const format = {
      type: 'json_schema',
      json_schema: { name: 'a', schema: { ...schema, additionalProperties: false } },
    };
    const { thought, content } = await ask(name, {
      thinking_budget: budget,
      response_format: format,
      max_tokens: 60,
      ignore_eos: false,
    });
    expect(thought).not.toBe('');
    expect(JSON.parse(content)).toEqual({ green: expect.any(Boolean) });
  });

  it('goes on in another worker', async () => {
    const whole = await ask(name, { thinking_budget: budget, temperature: 0 });
    let killed: Promise<void> | undefined;
    const body = bodyOf(name, { thinking_budget: budget, temperature: 0, stream: true });
    const { chunks } = await readStream(await post(`${server.apiUrl}/v1/chat/completions`, body), () => {
      killed ??= workerPid(server, `thinks/${name}`).then((pid) => void process.kill(pid, 'SIGKILL'));
    });
    await killed;
    const deltas = chunks.map(({ choices }) => choices[0]?.delta);
    expect(deltas.map((delta) => delta?.reasoning_content ?? '').join('')).toBe(whole.thought);
    expect(deltas.map((delta) => delta?.content ?? '').join('')).toBe(whole.content);
  });
});
