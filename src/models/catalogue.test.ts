import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Catalogue, openCatalogue } from './catalogue.ts';

let folder: string;
let catalogue: Catalogue;
const revision = 'a'.repeat(40);

function put(path: string, content: string | object = 'x'): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlx-catalogue-'));
  catalogue = openCatalogue({
    modelsDirs: [join(folder, 'models')],
    huggingFaceHome: join(folder, 'hf'),
    aliases: { short: 'org/text' },
    defaultModel: 'org/text',
  });
  put('models/org/text/config.json', { model_type: 'llama' });
  put('models/org/text/model.safetensors');
  put('models/org/text/generation_config.json', { temperature: 0.2, top_p: 7, do_sample: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const codeOf = (name: string) =>
  catalogue.resolve(name).then(
    () => 'found',
    (error) => error.code,
  );

describe('a model', () => {
  it('is found by name, by alias, and as the default', async () => {
    for (const name of ['org/text', 'short', 'default', undefined]) {
      expect(await catalogue.resolve(name)).toMatchObject({ id: 'org/text', engine: 'mlx-text' });
    }
  });

  it('brings its sampling along, without what is out of range', async () => {
    expect((await catalogue.resolve('org/text')).samplingDefaults).toEqual({ temperature: 0.2 });
  });

  it('in GGUF runs on llama, and a tag chooses the file', async () => {
    put('models/org/gguf/m-Q4_K_M.gguf', 'GGUF....');
    put('models/org/gguf/m-Q8_0.gguf', 'GGUF........');
    expect(await catalogue.resolve('org/gguf')).toMatchObject({ engine: 'llama' });
    expect((await catalogue.resolve('org/gguf:Q8_0')).path).toMatch(/m-Q8_0\.gguf$/);
    expect((await catalogue.resolve('org/gguf:q4_k_m')).path).toMatch(/m-Q4_K_M\.gguf$/);
    expect(await codeOf('org/gguf:Q2_K')).toBe('model_not_found');
  });

  it('of the Hugging Face cache is the snapshot of refs/main, through links into its blobs', async () => {
    put(`hf/hub/models--org--cached/refs/main`, revision);
    put('hf/hub/models--org--cached/blobs/b1');
    put(`hf/hub/models--org--cached/snapshots/${revision}/config.json`, { vision_config: {} });
    symlinkSync('../../blobs/b1', join(folder, `hf/hub/models--org--cached/snapshots/${revision}/model.safetensors`));
    expect(await catalogue.resolve('org/cached')).toMatchObject({ engine: 'mlx-vision' });
    expect((await catalogue.list()).map(({ id }) => id)).toEqual(['org/text', 'org/cached']);
  });

  it('that would run code of its own is refused', async () => {
    for (const key of ['auto_map', 'model_file']) {
      put('models/org/code/config.json', { [key]: 'x.py' });
      put('models/org/code/model.safetensors');
      expect(await codeOf('org/code')).toBe('model_unsupported');
    }
  });

  it('that is none is not found: pickles alone, half a model, a link that leads out, a pipe for weights', async () => {
    put('models/org/pickle/config.json', {});
    put('models/org/pickle/pytorch_model.bin');
    put('models/org/half/model.safetensors');
    put('outside/secret/config.json', {});
    put('outside/secret/model.safetensors');
    symlinkSync(join(folder, 'outside/secret'), join(folder, 'models/org/link'));
    put('models/org/pipe/config.json', {});
    execFileSync('mkfifo', [join(folder, 'models/org/pipe/model.safetensors')]);
    for (const name of ['org/pickle', 'org/half', 'org/link', 'org/pipe', 'org/absent']) {
      expect(await codeOf(name), name).toBe('model_not_found');
    }
  });

  it('with a name that is a path never reaches the disk', async () => {
    for (const name of ['../text', '/etc/passwd', 'org/../text', 'a/b/c'])
      expect(await codeOf(name)).toBe('invalid_request');
  });

  it('that calls itself GGUF and is not is refused', async () => {
    put('models/org/lie/m.gguf', 'PK..');
    expect(await codeOf('org/lie')).toBe('model_unsupported');
  });
});
