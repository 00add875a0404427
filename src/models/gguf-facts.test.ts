import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readGgufFacts } from './gguf-facts.ts';
import type { Model } from './model.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-gguf-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const types = { text: 8, list: 9 } as const;
const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

function modelOf(bytes: Buffer): Model {
  const path = join(folder, 'model.gguf');
  writeFileSync(path, bytes);
  return { id: 'org/name', engine: 'llama', path } as Model;
}

it('a GGUF header is read without its lists', async () => {
  const pairs = [
    [text('general.architecture'), u32(types.text), text('llama')],
    [text('tokenizer.ggml.tokens'), u32(types.list), u32(types.text), u64(2), text('a'), text('b')],
    [text('tokenizer.chat_template'), u32(types.text), text('{{ messages }}')],
  ];
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(0),
    u64(pairs.length),
    ...pairs.flat(),
    Buffer.alloc(64),
  ]);
  const facts = await readGgufFacts(modelOf(header));
  expect(facts).toMatchObject({ 'general.architecture': 'llama', 'tokenizer.chat_template': '{{ messages }}' });
  expect(Object.keys(facts)).not.toContain('tokenizer.ggml.tokens');
});

it.each([
  ['another file', Buffer.from('no such thing'.repeat(10))],
  ['a text longer than any file', Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(1), u64(2 ** 50)])],
])('%s is refused by name', async (_, bytes) => {
  await expect(readGgufFacts(modelOf(bytes))).rejects.toMatchObject({
    code: 'model_unsupported',
    message: 'The GGUF header of org/name cannot be read.',
  });
});
