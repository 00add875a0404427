import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configurationPage, errorsPage, withOptions } from '../../docs/tables.mjs';
import { fileKey, settingNames, settings } from '../../src/config/index.ts';
import { errorCodes, errorTable } from '../../src/core/index.ts';
import { options } from '../../src/openai/index.ts';

const committed = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

it('docs/configuration.md is the table of settings', () => {
  expect(committed('configuration.md')).toBe(configurationPage({ settingNames, settings, fileKey }));
});

it('docs/errors.md is the table of errors', () => {
  expect(committed('errors.md')).toBe(errorsPage({ errorCodes, errorTable }));
});

it('docs/api.md has the table of options', () => {
  expect(committed('api.md')).toBe(withOptions(committed('api.md'), options));
});
