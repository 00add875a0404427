// What the real engines write under a schema, judged by ajv, which none of them knows: whatever ended is valid.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOf, post, readStream } from '../e2e/test-server.ts';
import { type RealServer, startRealServer, workerPid } from './real-server.ts';
import { schemas } from './structured-schemas.ts';

const folder = mkdtempSync(join(tmpdir(), 'mlx-structured-'));
const root = resolve(import.meta.dirname, '../..');
/** Random weights: it keeps to a form only because it must, and tries every corner of it. */
const random = 'test/random';
const names = Object.keys(schemas);
let server: RealServer;

beforeAll(async () => {
  const make =
    'import sys, pathlib; from tiny_model import write_model; write_model(pathlib.Path(sys.argv[1]), quantised=True)';
  execFileSync(join(root, '.runtime/python/dev/bin/python'), ['-c', make, join(folder, random)], {
    cwd: join(root, 'python'),
    env: { ...process.env, PYTHONPATH: 'tests:.' },
  });
  server = await startRealServer({ MLX_MODELS_DIR: [join(root, '.runtime/models'), folder].join(':') });
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

describe.each([
  { model: random, every: 1, maxTokens: 400 },
  { model: 'starter/shapes-vlm', every: 1, maxTokens: 150 },
  { model: 'starter/smollm2-135m-instruct-gguf', every: 1, maxTokens: 60 },
  { model: 'starter/smollm2-135m-instruct', every: 10, maxTokens: 24 },
])('$model', ({ model, every, maxTokens }) => {
  it.each([true, false])('writes nothing that does not fit its schema, streamed %s', async (stream) => {
    const chosen = names.filter((_, index) => index % every === 0);
    const answers = await Promise.all(
      chosen.map(async (name) => ({ name, ...(await answerTo({ model, name, stream, maxTokens })) })),
    );
    const ended = answers.filter(({ finish }) => finish === 'stop');
    const cut = answers.filter(({ finish }) => finish === 'length').map(({ name }) => name);
    console.log(`${model}: ${ended.length} of ${chosen.length} ended, cut: ${cut.join(', ')}`);
    expect(ended.length + cut.length).toBe(chosen.length);
    expect(ended.length).toBeGreaterThanOrEqual(chosen.length * 0.7);
    expect(ended.map(({ name, text }) => faultOf(schemas[name]!, text)).filter((fault) => fault !== null)).toEqual([]);
  });
});
