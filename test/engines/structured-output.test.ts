// What the real engines write under a schema, judged by ajv, which none of them knows: whatever ended is valid.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOf, post, readStream } from '../e2e/test-server.ts';
import { hostileForms } from './hostile-forms.ts';
import { type RealServer, startRealServer, workerPid } from './real-server.ts';
import { schemas } from './structured-schemas.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlx-structured-'));
const root = resolve(import.meta.dirname, '../..');
/** Random weights: it keeps to a form only because it must, and tries every corner of it. */
const random = 'test/random';
const mlxStarter = 'starter/smollm2-135m-instruct';
const visionStarter = 'starter/shapes-vlm';
const ggufStarter = 'starter/smollm2-135m-instruct-gguf';
const names = Object.keys(schemas);
let server: RealServer;

beforeAll(async () => {
  const make =
    'import sys, pathlib; from tiny_model import write_model; write_model(pathlib.Path(sys.argv[1]), quantised=True)';
  execFileSync(join(root, '.runtime/python/dev/bin/python'), ['-c', make, join(folder, random)], {
    cwd: join(root, 'python'),
    env: { ...process.env, PYTHONPATH: 'tests:.' },
  });
  server = await startRealServer({
    MLX_MODELS_DIR: [join(root, '.runtime/models'), folder].join(':'),
    // Sixty at once, on a machine that may be slow.
    MLX_QUEUE_TIMEOUT_NORMAL: '290',
  });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Asked {
  readonly model: string;
  readonly name: string;
  readonly stream: boolean;
  readonly maxTokens: number;
}

/** Streams at temperature 1, whole answers at 0 where that is interesting, each with its own seed. */
const bodyOf = ({ model, name, stream, maxTokens }: Asked) => ({
  model,
  messages: [{ role: 'user', content: `Write JSON: ${name}.` }],
  response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: schemas[name] } },
  max_tokens: maxTokens,
  temperature: stream ? 1 : 0,
  seed: names.indexOf(name),
  stream,
});

async function answerTo(asked: Asked): Promise<{ text: string; finish: string }> {
  const response = await post(`${server.apiUrl}/v1/chat/completions`, bodyOf(asked));
  if (asked.stream) {
    const { text, chunks } = await readStream(response);
    const last = chunks.findLast(({ choices }) => choices[0]?.finish_reason);
    return { text, finish: String(last?.choices[0]?.finish_reason) };
  }
  const body = await jsonOf(response);
  if (body.choices === undefined) throw new Error(`${asked.name}: ${JSON.stringify(body)}`);
  return { text: body.choices[0].message.content, finish: body.choices[0].finish_reason };
}

function faultOf(schema: object, text: string): string | null {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  return validate(JSON.parse(text)) ? null : `${ajv.errorsText(validate.errors)}: ${text}`;
}

/**
 * Every schema on every engine; the MLX starter, slow on a processor, is the engine of the random weights and tries a few.
 * `share`: of the answers that must end within `maxTokens`; what a cut one has of its form is not judged.
 */
describe.each([
  { model: random, maxTokens: 400, share: 0.9, chosen: names },
  { model: visionStarter, maxTokens: 150, share: 0.8, chosen: names },
  { model: ggufStarter, maxTokens: 60, share: 0.8, chosen: names },
  { model: mlxStarter, maxTokens: 16, share: 0.6, chosen: ['whole number', 'person', 'one of two types'] },
])('$model', ({ model, maxTokens, share, chosen }) => {
  it.each([true, false])('writes nothing that does not fit its schema, streamed %s', async (stream) => {
    const answers = await Promise.all(
      chosen.map(async (name) => ({ name, ...(await answerTo({ model, name, stream, maxTokens })) })),
    );
    const ended = answers.filter(({ finish }) => finish === 'stop');
    const cut = answers.filter(({ finish }) => finish === 'length').map(({ name }) => name);
    console.log(`${model}: ${ended.length} of ${chosen.length} ended, cut: ${cut.join(', ')}`);
    expect(ended.length + cut.length).toBe(chosen.length);
    expect(ended.length).toBeGreaterThanOrEqual(chosen.length * share);
    expect(ended.map(({ name, text }) => faultOf(schemas[name]!, text)).filter((fault) => fault !== null)).toEqual([]);
  });
});

describe.each([random, visionStarter, ggufStarter])('%s under forms that mean harm', (model) => {
  it('refuses each or serves it, and the worker stays the same', async () => {
    await answerTo({ model, name: 'boolean', stream: false, maxTokens: 8 });
    const pid = await workerPid(server, model);
    const slow: string[] = [];
    for (const [name, form] of Object.entries(hostileForms)) {
      const messages = [{ role: 'user', content: 'x' }];
      const beganMs = performance.now();
      const response = await post(`${server.apiUrl}/v1/chat/completions`, { model, messages, max_tokens: 8, ...form });
      const body = await jsonOf(response);
      if (performance.now() - beganMs > 2000) slow.push(`${name} ${Math.round(performance.now() - beganMs)} ms`);
      expect([200, 400], `${name}: ${JSON.stringify(body)}`).toContain(response.status);
      if (response.status === 400)
        expect(body.error, name).toMatchObject({ code: 'invalid_request', param: expect.any(String) });
    }
    console.log(`${model}: slower than 2 s: ${slow.join(', ') || 'none'}`);
    expect(await workerPid(server, model)).toBe(pid);
  });
});

it('a grammar of many ways is followed for a whole answer, and a request beside it is served', async () => {
  const grammar = 'root ::= "aa" root "b" | "aaa" root "c" | "a" root "d" | "e"';
  const ask = async (more: object) => {
    const body = { model: ggufStarter, messages: [{ role: 'user', content: 'x' }], max_tokens: 40, ...more };
    return jsonOf(await post(`${server.apiUrl}/v1/chat/completions`, body));
  };
  /** Without the "e" with which the way back begins. */
  const onlyA = { logit_bias: { 85: -100 }, temperature: 1 };
  const [held, free] = await Promise.all([ask({ grammar, ...onlyA }), ask({})]);
  expect(free.choices, JSON.stringify(free)).toHaveLength(1);
  expect(held.choices, JSON.stringify(held)).toMatchObject([
    { finish_reason: 'length', message: { content: expect.stringMatching(/^a{40,}$/) } },
  ]);
});

describe.each([mlxStarter, ggufStarter])('%s killed in mid-answer', (model) => {
  it('goes on within the form', async () => {
    const asked = { model, name: 'date', stream: true, maxTokens: 24 };
    const undisturbed = await answerTo(asked);
    const pid = await workerPid(server, model);
    let killed = false;
    const response = await post(`${server.apiUrl}/v1/chat/completions`, bodyOf(asked));
    const { text } = await readStream(response, (chunk) => {
      if (killed || (chunk.choices[0]?.delta.content ?? '') === '') return;
      killed = process.kill(pid, 'SIGKILL');
    });
    expect(killed).toBe(true);
    expect(undisturbed.finish).toBe('stop');
    expect(faultOf(schemas[asked.name]!, text)).toBeNull();
    if (model === mlxStarter) expect(text).toBe(undisturbed.text);
    expect(server.log()).toContain('generation-recovered');
  });
});
