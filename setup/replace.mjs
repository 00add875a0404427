// Puts finished work in its place in one rename, so that an interrupted set-up never leaves half a folder.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { unfinished } from './project.mjs';

/** A fresh path for work in progress; its parent exists, itself it does not. */
export function workPath(name) {
  mkdirSync(unfinished, { recursive: true });
  const path = join(unfinished, `${name}-${process.pid}`);
  rmSync(path, { recursive: true, force: true });
  return path;
}

/** Moves `finished` to `target`; what was there is removed. Both are on the project's disk. */
export function replaceWith(finished, target) {
  mkdirSync(dirname(target), { recursive: true });
  const former = workPath(`former-${basename(target)}`);
  if (existsSync(target)) renameSync(target, former);
  renameSync(finished, target);
  rmSync(former, { recursive: true, force: true });
}
