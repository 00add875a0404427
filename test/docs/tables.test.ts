import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configurationPage, errorsPage, withOptions } from '../../docs/tables.mjs';
import { configFileSchema, fileKey, loadConfig, readMachine, settingNames, settings } from '../../src/config/index.ts';
import { errorCodes, errorTable } from '../../src/core/index.ts';
import { options } from '../../src/openai/index.ts';

const committed = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

it('docs/configuration.md is the table of settings', () => {
  expect(committed('configuration.md')).toBe(configurationPage({ settingNames, settings, fileKey }));
});

it('docs/errors.md is the table of errors', () => {
  expect(committed('errors.md')).toBe(errorsPage({ errorCodes, errorTable }));
});

it('docs/config.schema.json is the schema of the configuration file', () => {
  expect(JSON.parse(committed('config.schema.json'))).toEqual(configFileSchema());
});

/** The first line says what it is, or it is the file of docs/configuration.md. */
const configurationExamples = ['operations.md', 'configuration.md'].flatMap((page) =>
  [...committed(page).matchAll(/```yaml\n([^`]*)```/g)]
    .map((match) => match[1]!)
    .filter((text) => /^(#.*config\.yaml|aliases:)/.test(text))
    .map((text) => ({ page, text })),
);

it('the configuration files that the documentation shows can be used', () => {
  expect(configurationExamples.map(({ page }) => page)).toEqual(['operations.md', 'configuration.md']);
  for (const { page, text } of configurationExamples) {
    const sources = {
      flags: {},
      env: {},
      file: { name: page, text, findPath: (path: string) => path },
      machine: readMachine(),
    };
    expect(loadConfig({ ...sources, readText: () => 'somebody:key' })).not.toHaveProperty('problems');
  }
});

it('docs/api.md has the table of options', () => {
  expect(committed('api.md')).toBe(withOptions(committed('api.md'), options));
});
