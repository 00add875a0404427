// Stamps say with which inputs a step was last done: .runtime/stamps/NAME holds a hash of them, written
// only after the step succeeded. Content counts, never times: a fresh checkout changes all times.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, stamps } from './project.mjs';

/** Hash of files (paths from the project's root, those missing count as empty) and further text. */
export function hashInputs({ files, text = [], base = root }) {
  const hash = createHash('sha256');
  for (const file of [...files].sort()) {
    hash.update(`\0file ${file}\0`).update(readOrEmpty(join(base, file)));
  }
  for (const part of text) hash.update(`\0text ${part}`);
  return hash.digest('hex');
}

/** All files below a folder as paths from the root, sorted; no folder gives none. */
export function filesBelow(folder, base = root) {
  try {
    return readdirSync(join(base, folder), { withFileTypes: true })
      .flatMap((entry) => {
        if (entry.name === '__pycache__') return [];
        const path = `${folder}/${entry.name}`;
        return entry.isDirectory() ? filesBelow(path, base) : [path];
      })
      .sort();
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

export const readStamp = (name, folder = stamps) => readOrEmpty(join(folder, name)).toString();

export function writeStamp(name, hash, folder = stamps) {
  mkdirSync(folder, { recursive: true });
  const unfinished = join(folder, `.${name}.${process.pid}`);
  writeFileSync(unfinished, hash);
  renameSync(unfinished, join(folder, name));
}

export const removeStamp = (name, folder = stamps) => rmSync(join(folder, name), { force: true });

function readOrEmpty(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
