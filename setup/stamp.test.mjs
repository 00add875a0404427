import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, hashInputs, readStamp, removeStamp, writeStamp } from './stamp.mjs';

const base = mkdtempSync(join(tmpdir(), 'set-up-stamp-'));
mkdirSync(join(base, 'src/inner'), { recursive: true });
mkdirSync(join(base, 'src/__pycache__'));
for (const path of ['src/b.ts', 'src/a.ts', 'src/inner/c.ts', 'src/__pycache__/x.pyc'])
  writeFileSync(join(base, path), path);
const hash = (files, text) => hashInputs({ files, text, base });

test('files below a folder are sorted and leave out bytecode; no folder gives none', () => {
  expect(filesBelow('src', base)).toEqual(['src/a.ts', 'src/b.ts', 'src/inner/c.ts']);
  expect(filesBelow('absent', base)).toEqual([]);
});

test('a hash changes with content, names, further text and absence, not with times or order', () => {
  const before = hash(['src/a.ts', 'src/b.ts']);
  utimesSync(join(base, 'src/a.ts'), 1, 1);
  expect(hash(['src/b.ts', 'src/a.ts'])).toBe(before);
  expect(hash(['src/a.ts'])).not.toBe(before);
  expect(hash(['src/a.ts', 'src/b.ts'], ['arm64'])).not.toBe(before);
  expect(hash(['src/a.ts', 'src/absent.ts'])).not.toBe(before);
  writeFileSync(join(base, 'src/a.ts'), 'other');
  expect(hash(['src/a.ts', 'src/b.ts'])).not.toBe(before);
});

test('a stamp is what was written, and empty when there is none', () => {
  const folder = join(base, 'stamps');
  expect(readStamp('uv', folder)).toBe('');
  writeStamp('uv', 'abc', folder);
  expect(readStamp('uv', folder)).toBe('abc');
  removeStamp('uv', folder);
  expect(readStamp('uv', folder)).toBe('');
});
