import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gguf, rawSafetensors, safetensors, writeFiles } from '../../test/fixtures/weights/weight-files.ts';
import { type Catalogue, openCatalogue } from './catalogue.ts';
import { withAutoPull } from './hub/auto-pull.ts';
import { createModelCards, type ModelCards } from './model-cards.ts';
import { createModelReports } from './model-reports.ts';
import { withWholeModels } from './whole-models.ts';

let folder: string;
let whole: Catalogue;
let cards: ModelCards;
const revision = 'b'.repeat(40);
const config = { model_type: 'llama', hidden_size: 64 };
const weights = safetensors({ 'a.weight': ['BF16', 8, 8] });

const put = (files: Parameters<typeof writeFiles>[0]): void =>
  writeFiles(Object.fromEntries(Object.entries(files).map(([name, content]) => [join(folder, name), content])));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-whole-'));
  const catalogue = openCatalogue({
    modelsDirs: [join(folder, 'models')],
    huggingFaceHome: join(folder, 'hf'),
    aliases: { short: 'org/whole' },
    defaultModel: 'org/whole',
  });
  const reportOf = createModelReports();
  whole = withWholeModels(catalogue, reportOf);
  cards = createModelCards({
    catalogue,
    reportOf,
    aliases: () => ({ short: 'org/whole', other: 'org/none' }),
    memoryBytesOf: async () => 1,
    loadedContextOf: () => null,
  });
  put({ 'models/org/whole/config.json': config, 'models/org/whole/model.safetensors': weights });
});
afterEach(() => rmSync(folder, { recursive: true }));

const refusalOf = (name: string): Promise<unknown> =>
  whole.resolve(name).then(
    () => 'none',
    ({ code, message }) => `${code}: ${message}`,
  );
const cardOf = async (id: string) => (await cards.list()).find((card) => card.id === id);

describe('a model', () => {
  it('that is whole is given out, and told of under its own name whatever it is asked by', async () => {
    expect(await whole.resolve('short')).toMatchObject({ id: 'org/whole' });
    const told = {
      id: 'org/whole',
      aliases: ['short'],
      problem: null,
      facts: { parameters: 64, quantization: 'bf16' },
    };
    expect(await cards.of('short')).toMatchObject(told);
    expect(await cards.list()).toMatchObject([told]);
  });

  it('with weights cut short is not given out until they are whole', async () => {
    put({ 'models/org/whole/model.safetensors': weights.subarray(0, weights.length - 28) });
    const problem =
      'org/whole is not all here: model.safetensors is 28 bytes too short. Put whole files into its folder.';
    expect(await refusalOf('org/whole')).toBe(`worker_start_failed: ${problem}`);
    expect(await cardOf('org/whole')).toMatchObject({ problem, facts: { parameters: null } });
    put({ 'models/org/whole/model.safetensors': weights });
    expect(await refusalOf('org/whole')).toBe('none');
  });

  it('with a header that cannot be true is not given out', async () => {
    put({ 'models/org/whole/model.safetensors': rawSafetensors({ a: {} }, 4) });
    const problem = 'org/whole is not loaded: the header of model.safetensors cannot be true: a tensor has no size.';
    expect(await refusalOf('org/whole')).toBe(`worker_start_failed: ${problem}`);
    expect(await cardOf('org/whole')).toMatchObject({ problem, facts: null, model: { engine: 'mlx-text' } });
  });

  it('with a link that leads out for weights is none', async () => {
    put({ 'models/org/linked/config.json': config, 'outside.safetensors': weights });
    symlinkSync(join(folder, 'outside.safetensors'), join(folder, 'models/org/linked/model.safetensors'));
    expect(await refusalOf('org/linked')).toMatch(/^model_not_found/);
    expect(await cardOf('org/linked')).toBeUndefined();
  });

  it('that is refused for what its files say is listed with the reason', async () => {
    put({ 'models/org/code/config.json': { auto_map: 'x.py' }, 'models/org/code/model.safetensors': weights });
    const problem = 'org/code is not loaded: its config.json asks to run code of its own (auto_map).';
    expect(await cardOf('org/code')).toMatchObject({ model: null, problem });
  });
});

describe('a model of the hub', () => {
  const snapshot = `hf/hub/models--org--hub/snapshots/${revision}`;
  const index = { weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' } };
  beforeEach(() => {
    put({
      'hf/hub/models--org--hub/refs/main': revision,
      [`${snapshot}/config.json`]: config,
      [`${snapshot}/model.safetensors.index.json`]: index,
      [`${snapshot}/model-00001-of-00002.safetensors`]: weights,
    });
  });
  const problem =
    'org/hub is not all here: model-00002-of-00002.safetensors is absent. The rest comes with: mlxs pull org/hub';

  it('lacking parts says how to fetch them', async () => {
    expect(await refusalOf('org/hub')).toBe(`worker_start_failed: ${problem}`);
    expect(await cardOf('org/hub')).toMatchObject({ problem });
  });

  it('lacking a blob behind its link says so', async () => {
    symlinkSync('../../blobs/gone', join(folder, snapshot, 'model-00002-of-00002.safetensors'));
    expect(await refusalOf('org/hub')).toBe(`worker_start_failed: ${problem}`);
  });

  it('is completed by a request where models are fetched for requests', async () => {
    const puller = {
      pull: async () => put({ [`${snapshot}/model-00002-of-00002.safetensors`]: weights }),
    };
    expect(await withAutoPull(whole, puller).resolve('org/hub')).toMatchObject({ id: 'org/hub' });
    await expect(withAutoPull(whole, puller).resolve('org/whole')).resolves.toMatchObject({ fromHub: false });
  });

  it('of which pieces alone are here is listed as on its way', async () => {
    put({ 'hf/hub/models--org--new/blobs/abc.incomplete': Buffer.alloc(1_500_000) });
    const text = 'The download of org/new has not finished (one file is on the way, 1.5 MB so far): mlxs pull org/new';
    expect(await cardOf('org/new')).toMatchObject({ model: null, problem: text });
    expect(await refusalOf('org/new')).toBe(`model_not_found: ${text}.`);
  });
});

it('GGUF files of several quantisations are listed one by one, and the usual one is taken where none is named', async () => {
  const file = gguf({ 'general.architecture': 'llama', 'general.file_type': 15 }, { a: 8 });
  put({
    'models/org/many/m-BF16.gguf': file,
    'models/org/many/m-Q4_K_M-00001-of-00002.gguf': file,
    'models/org/many/m-Q4_K_M-00002-of-00002.gguf': file,
    'models/org/many/mmproj-F16.gguf': 'GGUF',
  });
  const ids = (await cards.list()).map(({ id }) => id);
  expect(ids).toEqual(['org/many:BF16', 'org/many:Q4_K_M', 'org/whole']);
  put({
    'models/org/both/config.json': config,
    'models/org/both/model.safetensors': weights,
    'models/org/both/m-Q8_0.gguf': file,
  });
  const both = (await cards.list()).filter(({ id }) => id.startsWith('org/both'));
  expect(both.map(({ id, model }) => `${id} ${model?.engine}`)).toEqual(['org/both mlx-text', 'org/both:Q8_0 llama']);
  const { path, weightBytes } = await whole.resolve('org/many');
  expect([path.slice(-28), weightBytes]).toEqual(['m-Q4_K_M-00001-of-00002.gguf', file.length * 2]);
  rmSync(join(folder, 'models/org/many/m-Q4_K_M-00002-of-00002.gguf'));
  expect(await cardOf('org/many:Q4_K_M')).toMatchObject({
    problem: expect.stringContaining('m-Q4_K_M-00002-of-00002.gguf is absent'),
  });
});

it('files that stay as they are are read once', async () => {
  let reads = 0;
  const reportOf = createModelReports(async () => {
    reads += 1;
    return { missing: [] } as never;
  });
  const catalogue = withWholeModels(whole, reportOf);
  for (let time = 0; time < 3; time += 1) await catalogue.resolve('org/whole');
  expect(reads).toBe(1);
  put({ 'models/org/whole/config.json': { ...config, hidden_size: 128 } });
  await catalogue.resolve('org/whole');
  expect(reads).toBe(2);
});

it('a machine that is too short of something to look leaves the judgement to the worker', async () => {
  let isShort = true;
  const reportOf = createModelReports(async () => {
    if (isShort) throw Object.assign(new Error('too many'), { code: 'EMFILE' });
    return { missing: ['all of it is absent'] } as never;
  });
  const catalogue = withWholeModels(whole, reportOf);
  expect(await catalogue.resolve('org/whole')).toMatchObject({ id: 'org/whole' });
  isShort = false;
  await expect(catalogue.resolve('org/whole')).rejects.toMatchObject({ code: 'worker_start_failed' });
});
