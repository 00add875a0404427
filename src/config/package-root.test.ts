import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packagePath, packageRoot, runtimeFolder } from './package-root.ts';

let root: string;
beforeEach(() => {
  root = `${mkdtempSync(join(tmpdir(), 'mlx-package-'))}/`;
});
afterEach(() => rmSync(root, { recursive: true }));

it('a clone keeps what set-up makes inside itself', () => {
  mkdirSync(`${root}src`);
  expect(runtimeFolder(root, '/elsewhere')).toBe(`${root}.runtime`);
  expect(packagePath('.runtime/models')).toBe(`${packageRoot}.runtime/models`);
  expect(packagePath('dist/cli/main.js')).toBe(`${packageRoot}dist/cli/main.js`);
});

it('an installed package keeps it in the data folder of the user, which no re-installation touches', () => {
  expect(runtimeFolder(root, '/data')).toBe('/data/mlx-inference-server');
  for (const unset of [undefined, '']) {
    expect(runtimeFolder(root, unset)).toBe(join(homedir(), '.local/share/mlx-inference-server'));
  }
});
