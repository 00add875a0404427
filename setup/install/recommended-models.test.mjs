import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withRecommendedModels } from '../../docs/tables.mjs';
import { loadConfig, readMachine } from '../../src/config/index.ts';
import { enginesOf, fits, recommendedFor, recommendedModels } from './recommended-models.mjs';

const budgetOf = (ramGb) => {
  const machine = { ...readMachine(), memoryBytes: ramGb * 1024 ** 3 };
  return loadConfig({ flags: {}, env: {}, file: null, machine }).config.memoryBudgetBytes;
};
const namesFor = (ramGb, platform) =>
  recommendedFor({ memoryBytes: ramGb * 1024 ** 3, budgetBytes: budgetOf(ramGb), engines: enginesOf(platform) }).map(
    ({ model }) => model,
  );

test('each model fits into what its machine gives to models', () => {
  for (const entry of recommendedModels) expect(fits(entry, budgetOf(entry.ramGb)), entry.model).toBe(true);
});

test('each size of machine has one for each engine, and no engine one that is smaller than that of less memory', () => {
  for (const engine of ['mlx-text', 'llama', 'mlx-vision']) {
    const own = recommendedModels.filter((entry) => entry.engine === engine);
    expect(own.map(({ ramGb }) => ramGb)).toEqual([16, 32, 64]);
    expect(own.map(({ sizeGb }) => sizeGb)).toEqual(own.map(({ sizeGb }) => sizeGb).sort((a, b) => a - b));
  }
});

test('a machine is told of its own models, one in between of those of less, a tiny one of none', () => {
  const of = (ramGb, engine) =>
    recommendedModels.find((entry) => entry.ramGb === ramGb && entry.engine === engine).model;
  expect(namesFor(16, 'darwin')).toEqual([of(16, 'mlx-text'), of(16, 'mlx-vision')]);
  expect(namesFor(24, 'linux')).toEqual([of(16, 'llama'), of(16, 'mlx-vision')]);
  expect(namesFor(32, 'linux')).toEqual([of(32, 'llama'), of(32, 'mlx-vision')]);
  expect(namesFor(128, 'darwin')).toEqual([of(64, 'mlx-text'), of(64, 'mlx-vision')]);
  expect(namesFor(4, 'darwin')).toEqual([]);
});

test('docs/install.md has the table', () => {
  const page = readFileSync(new URL('../../docs/install.md', import.meta.url), 'utf8');
  expect(page).toBe(withRecommendedModels(page, recommendedModels));
});
