import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStateDirectory } from './state-directory.ts';

const uid = process.geteuid!();
let parent: string;
let path: string;
beforeEach(() => {
  parent = realpathSync(mkdtempSync(join(tmpdir(), 'mlx-state-')));
  path = join(parent, 'state');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const modeOf = (folder: string): number => statSync(folder).mode & 0o777;

it('makes what is absent, parents too, closed to others', () => {
  const deep = join(path, 'a', 'b');
  expect(openStateDirectory({ path: deep, uid })).toEqual({ kind: 'ready', path: deep });
  expect([modeOf(path), modeOf(deep)]).toEqual([0o700, 0o700]);
});

it('closes an open folder that holds nothing but a registry, and returns the path without links above it', () => {
  mkdirSync(path);
  chmodSync(path, 0o777);
  writeFileSync(join(path, 'worker_registry.json'), '');
  symlinkSync(parent, join(parent, 'link'));
  expect(openStateDirectory({ path: join(parent, 'link', 'state'), uid })).toEqual({ kind: 'ready', path });
  expect(modeOf(path)).toBe(0o700);
});

it('keeps the mode of a folder that is used for other things, and refuses one that others can write', () => {
  mkdirSync(path);
  writeFileSync(join(path, 'thesis.tex'), '');
  chmodSync(path, 0o755);
  expect(openStateDirectory({ path, uid }).kind).toBe('ready');
  expect(modeOf(path)).toBe(0o755);
  chmodSync(path, 0o1777);
  expect(openStateDirectory({ path, uid })).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('written by other users'),
  });
  expect(statSync(path).mode & 0o7777).toBe(0o1777);
});

it('refuses a file, a symbolic link and the folder of another user', () => {
  writeFileSync(path, '');
  expect(openStateDirectory({ path, uid })).toEqual({ kind: 'refused', reason: `${path} is not a folder` });
  const link = join(parent, 'link');
  symlinkSync(parent, link);
  expect(openStateDirectory({ path: link, uid })).toEqual({ kind: 'refused', reason: `${link} is a symbolic link` });
  rmSync(path);
  mkdirSync(path, { mode: 0o700 });
  expect(openStateDirectory({ path, uid: uid + 1 })).toEqual({
    kind: 'refused',
    reason: `${path} belongs to another user`,
  });
});

it('goes to the fallback when the default is not ours to use, and does without when neither is', () => {
  const fallback = join(parent, 'state-1000');
  symlinkSync('/etc', path);
  expect(openStateDirectory({ path, uid, fallback })).toEqual({ kind: 'ready', path: fallback });
  rmSync(fallback, { recursive: true });
  symlinkSync('/etc', fallback);
  expect(openStateDirectory({ path, uid, fallback }).kind).toBe('degraded');
});

it('does without a folder that cannot be made', () => {
  writeFileSync(path, '');
  expect(openStateDirectory({ path: join(path, 'below-a-file'), uid }).kind).toBe('degraded');
  expect(openStateDirectory({ path: '/proc/no-such-place', uid }).kind).toBe('degraded');
});
