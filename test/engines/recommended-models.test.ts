// The models that install.sh recommends are of architectures that the engines which are set up here know.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const project = fileURLToPath(new URL('../..', import.meta.url));
const models = JSON.parse(readFileSync(join(project, 'setup/install/recommended-models.json'), 'utf8')) as {
  readonly engine: string;
  readonly model: string;
  readonly architecture: string;
}[];

function hasModule(environment: string, library: string, name: string): boolean {
  const lib = join(project, '.runtime/python', environment, 'lib');
  const folder = join(lib, readdirSync(lib)[0]!, 'site-packages', library, 'models');
  return existsSync(join(folder, `${name}.py`)) || existsSync(join(folder, name, '__init__.py'));
}

const knows: Readonly<Record<string, (architecture: string) => boolean>> = {
  'mlx-text': (name) => hasModule('text', 'mlx_lm', name),
  'mlx-vision': (name) => hasModule('vision', 'mlx_vlm', name),
  llama: (name) => {
    const types = join(project, 'node_modules/node-llama-cpp/dist/gguf/types/GgufMetadataTypes.js');
    return readFileSync(types, 'utf8').includes(`["${name}"] = "${name}"`);
  },
};

it.each(models)('$engine knows $architecture, which $model is', ({ engine, architecture }) => {
  expect(knows[engine]!(architecture)).toBe(true);
  expect(knows[engine]!('no_such_architecture')).toBe(false);
});
