import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { causes, explain } from './explain.mjs';

test.each([
  ['npm error code EAI_AGAIN', 'the package registry cannot be reached'],
  ["NewConnectionError('…: Failed to establish a new connection')", 'the package registry cannot be reached'],
  ['cause: error sending request for url\n cause: dns error', 'the package registry cannot be reached'],
  [
    'npm error code EINTEGRITY',
    'what was downloaded is not what this project locked (its hash differs), so it was not used',
  ],
  [
    'THESE PACKAGES DO NOT MATCH THE HASHES',
    'what was downloaded is not what this project locked (its hash differs), so it was not used',
  ],
  ['OSError: [Errno 28] No space left on device', 'the disk is full'],
  ['error: failed to write: Permission denied (os error 13)', 'no permission to write'],
  ['npm error code ECONNRESET', 'the download broke off'],
  ['HTTP status server error (503 Service Unavailable)', 'the download broke off'],
  [
    'ERROR: No matching distribution found for uv==9',
    'the package registry does not have a locked package for this platform',
  ],
])('%s', (output, cause) => {
  expect(explain(output)?.cause).toBe(cause);
});

test('an error that merely contains the letters of a code is not explained by it', () => {
  expect(explain("ModuleNotFoundError: No module named 'x'")).toBeUndefined();
});

test('only a download that broke off is tried again', () => {
  expect(explain('ECONNRESET').retry).toBe(true);
  expect(explain('ENOTFOUND').retry).toBeUndefined();
});

test('docs/troubleshooting.md has a line for each cause', () => {
  const page = readFileSync(new URL('../docs/troubleshooting.md', import.meta.url), 'utf8');
  for (const { cause } of causes) expect(page).toContain(`| ${cause} | `);
});
