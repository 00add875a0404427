import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gguf, rawSafetensors, safetensors, writeFiles } from '../../../test/fixtures/weights/weight-files.ts';
import type { Model } from '../model.ts';
import { type ModelFacts, readModelReport } from './model-facts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-facts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mlx = { engine: 'mlx-text', id: 'org/name', embeds: false } as Model;
const put = (files: Parameters<typeof writeFiles>[0]): void =>
  writeFiles(Object.fromEntries(Object.entries(files).map(([name, content]) => [join(folder, name), content])));
const readModelFacts = async (model: Model): Promise<ModelFacts> => (await readModelReport(model)).facts;
const mlxFacts = () => readModelFacts({ ...mlx, path: folder });
const ggufModel = (name: string) => ({ ...mlx, engine: 'llama', path: join(folder, name) }) as Model;

const llama = {
  model_type: 'llama',
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 100,
  max_position_embeddings: 4096,
};

describe('a folder of safetensors', () => {
  it('says what its config.json and its headers say', async () => {
    put({ 'config.json': llama, 'model.safetensors': safetensors({ 'a.weight': ['BF16', 10, 64], ids: ['I64', 5] }) });
    expect(await mlxFacts()).toEqual({
      architecture: 'llama',
      parameters: 640,
      quantization: 'bf16',
      contextLength: 4096,
      layers: 2,
      kvHeads: 2,
      headDim: 16,
      hiddenSize: 64,
      vocabularySize: 100,
      slidingWindow: null,
      vision: false,
      embeddings: false,
    });
  });

  it('of packed weights counts what they stand for, by the bits of each layer', async () => {
    put({
      'config.json': {
        ...llama,
        quantization: { bits: 4, group_size: 32, 'model.embed': { bits: 8, group_size: 32 } },
      },
      'model.safetensors': safetensors({
        'model.embed.weight': ['U32', 100, 16],
        'model.embed.scales': ['F16', 100, 2],
        'model.embed.biases': ['F16', 100, 2],
        'layer.weight': ['U32', 64, 8],
        'layer.scales': ['F16', 64, 2],
        'layer.biases': ['F16', 64, 2],
        'norm.weight': ['F16', 64],
      }),
    });
    expect(await mlxFacts()).toMatchObject({ parameters: 100 * 64 + 64 * 64 + 64, quantization: '4-bit' });
  });

  it('of packed weights without a word on their bits tells no number', async () => {
    const weights = safetensors({ 'a.weight': ['U32', 8, 8], 'a.scales': ['F16', 8, 1] });
    put({ 'config.json': llama, 'model.safetensors': weights });
    expect(await mlxFacts()).toMatchObject({ parameters: null, quantization: null });
  });

  it('of a model that sees is described by the half that writes', async () => {
    put({
      'config.json': { model_type: 'idefics3', text_config: llama, vision_config: { num_hidden_layers: 27 } },
      'model.safetensors': safetensors({ a: ['F32', 4] }),
    });
    const facts = await readModelFacts({ ...mlx, engine: 'mlx-vision', path: folder });
    expect(facts).toMatchObject({
      architecture: 'idefics3',
      layers: 2,
      hiddenSize: 64,
      vision: true,
      quantization: 'f32',
    });
  });

  it('with numbers that no model has tells none', async () => {
    const absurd = { num_hidden_layers: 1e9, hidden_size: -64, vocab_size: 2 ** 31, max_position_embeddings: '4096' };
    put({ 'config.json': { ...llama, ...absurd, head_dim: 0.5 }, 'model.safetensors': safetensors({ a: ['F32', 4] }) });
    const facts = await mlxFacts();
    expect(facts).toMatchObject({
      layers: null,
      hiddenSize: null,
      vocabularySize: null,
      contextLength: null,
      headDim: null,
    });
  });

  it('whose keys are compressed tells no heads', async () => {
    put({ 'config.json': { ...llama, kv_lora_rank: 512 }, 'model.safetensors': safetensors({ a: ['F32', 4] }) });
    expect(await mlxFacts()).toMatchObject({ kvHeads: null, headDim: null });
  });

  it('lacks the parts that its index or their own names speak of', async () => {
    const part = safetensors({ a: ['F32', 4] });
    const index = { weight_map: { a: 'model-00001-of-00003.safetensors', b: 'other.safetensors' } };
    put({ 'config.json': llama, 'model-00001-of-00003.safetensors': part, 'model.safetensors.index.json': index });
    const { facts, missing } = await readModelReport({ ...mlx, path: folder });
    expect(facts).toMatchObject({ layers: 2, parameters: null });
    expect(missing).toEqual([
      'model-00002-of-00003.safetensors is absent',
      'model-00003-of-00003.safetensors is absent',
      'other.safetensors is absent',
    ]);
  });

  it('with an index that leads out of it is refused', async () => {
    const index = { weight_map: { a: '../other/model.safetensors' } };
    put({
      'config.json': llama,
      'model.safetensors': safetensors({ a: ['F32', 4] }),
      'model.safetensors.index.json': index,
    });
    await expect(mlxFacts()).rejects.toMatchObject({ code: 'model_unsupported' });
  });

  it.each([
    ['a header that is no JSON', rawSafetensors('no such thing', 0)],
    ['a header that is a list', rawSafetensors([], 0)],
    ['a header of 2^60 bytes', Buffer.concat([Buffer.from(BigUint64Array.of(2n ** 60n).buffer), Buffer.alloc(64)])],
    ['a tensor without a size', rawSafetensors({ a: { dtype: 'F32' } }, 16)],
    ['a tensor that is null', rawSafetensors({ a: null }, 16)],
    ['a shape that is not its bytes', rawSafetensors({ a: { dtype: 'F32', shape: [9], data_offsets: [0, 16] } }, 16)],
    ['a negative shape', rawSafetensors({ a: { dtype: 'F32', shape: [-2, -2], data_offsets: [0, 16] } }, 16)],
    ['offsets that run backwards', rawSafetensors({ a: { dtype: 'X', shape: [4], data_offsets: [16, 0] } }, 16)],
    [
      'tensors that overlap',
      rawSafetensors(
        {
          a: { dtype: 'F32', shape: [4], data_offsets: [0, 16] },
          b: { dtype: 'F32', shape: [4], data_offsets: [8, 24] },
        },
        24,
      ),
    ],
  ])('with %s is refused by name', async (_, weights) => {
    put({ 'config.json': llama, 'model.safetensors': weights });
    await expect(mlxFacts()).rejects.toMatchObject({
      code: 'model_unsupported',
      message: /^org\/name is not loaded: /,
    });
  });

  it('cut anywhere is refused or told to be short, and never taken for whole', async () => {
    const whole = safetensors({ 'a.weight': ['BF16', 4, 4], 'b.weight': ['F32', 3] });
    for (const length of [0, 3, 7, 8, 9, 60, whole.length - 44, whole.length - 12, whole.length - 1]) {
      put({ 'config.json': llama, 'model.safetensors': whole.subarray(0, length) });
      const { missing } = await readModelReport({ ...mlx, path: folder });
      expect(missing, `${length} bytes`).toHaveLength(1);
    }
  });
});

describe('a GGUF file', () => {
  const facts = {
    'general.architecture': 'llama',
    'general.file_type': 15,
    'llama.block_count': 2,
    'llama.context_length': 4096,
    'llama.embedding_length': 64,
    'llama.attention.head_count': 4,
    'llama.attention.head_count_kv': [2, 0],
    'tokenizer.ggml.tokens': ['a', 'b', 'c'],
  };

  it('says what its header says', async () => {
    put({ 'm.gguf': gguf(facts, { a: 100, b: 20 }), 'mmproj-m.gguf': 'GGUF' });
    expect(await readModelFacts(ggufModel('m.gguf'))).toEqual({
      architecture: 'llama',
      parameters: 120,
      quantization: 'Q4_K_M',
      contextLength: 4096,
      layers: 2,
      kvHeads: [2, 0],
      headDim: 16,
      hiddenSize: 64,
      vocabularySize: 3,
      slidingWindow: null,
      vision: false,
      embeddings: false,
      projectorBytes: 4,
    });
  });

  it('in parts is the sum of them, and lacks those that are not there', async () => {
    put({ 'm-00001-of-00003.gguf': gguf(facts, { a: 100 }), 'm-00002-of-00003.gguf': gguf({}, { b: 20 }) });
    const model = ggufModel('m-00001-of-00003.gguf');
    expect(await readModelReport(model)).toMatchObject({
      facts: { parameters: null, layers: 2 },
      missing: ['m-00003-of-00003.gguf is absent'],
    });
    put({ 'm-00003-of-00003.gguf': gguf({}, { c: 3 }) });
    expect(await readModelReport(model)).toMatchObject({ facts: { parameters: 123 }, missing: [] });
  });

  it('shorter than its tensors is told to be', async () => {
    const whole = gguf(facts, { a: 100, b: 24 });
    put({ 'm.gguf': whole.subarray(0, whole.length - 40) });
    const { missing } = await readModelReport(ggufModel('m.gguf'));
    expect(missing).toEqual(['m.gguf is 40 bytes too short']);
  });
});

const starters = fileURLToPath(new URL('../../../.runtime/models/starter/', import.meta.url));

describe.skipIf(!existsSync(starters))('a starter model', () => {
  it.each([
    ['smollm2-135m-instruct', 'mlx-text', { parameters: 134_515_008, quantization: '4-bit', layers: 30, kvHeads: 3 }],
    ['shapes-vlm', 'mlx-vision', { architecture: 'idefics3', quantization: 'f32', layers: 3, headDim: 32 }],
    ['all-minilm-l6-v2', 'mlx-text', { architecture: 'bert', parameters: 22_713_216, contextLength: 512 }],
    [
      'smollm2-135m-instruct-gguf/SmolLM2-135M-Instruct.Q4_1.gguf',
      'llama',
      { parameters: 134_515_008, quantization: 'Q4_1', layers: 30, kvHeads: 3, headDim: 64, vocabularySize: 49_152 },
    ],
  ])('%s is what its makers say', async (name, engine, facts) => {
    const path = join(starters, name);
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return;
    const report = await readModelReport({ ...mlx, engine, path } as Model);
    expect(report).toMatchObject({ facts, missing: [] });
  });
});
