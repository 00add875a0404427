// The files that hold a model's weights, and those that should and are not there, by their names alone.
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isModelGguf, isProjector, partsOf, withoutPart } from '../gguf-tag.ts';
import { absentAs } from '../machine-shortage.ts';
import type { Model } from '../model.ts';

export interface WeightFiles {
  readonly paths: readonly string[];
  /** Names of parts that others speak of. */
  readonly absent: readonly string[];
  /** The list of parts that safetensors may have beside them. */
  readonly indexPath: string | null;
  readonly projectorBytes: number | null;
}

const indexName = 'model.safetensors.index.json';

export async function readWeightFiles({ engine, path }: Pick<Model, 'engine' | 'path'>): Promise<WeightFiles> {
  const folder = engine === 'llama' ? dirname(path) : path;
  const names = await readdir(folder).catch(absentAs<string[]>([]));
  const own = engine === 'llama' ? ggufParts(basename(path), names) : weightsAmong(names);
  const expected = new Set(own.flatMap(partsOf));
  const projector = engine === 'llama' ? names.find(isProjector) : undefined;
  return {
    paths: own.map((name) => join(folder, name)),
    absent: [...expected].filter((name) => !names.includes(name)),
    indexPath: engine !== 'llama' && names.includes(indexName) ? join(folder, indexName) : null,
    projectorBytes: projector === undefined ? null : await sizeOf(join(folder, projector)),
  };
}

const ggufParts = (first: string, names: readonly string[]): readonly string[] =>
  names.filter((name) => isModelGguf(name) && withoutPart(name) === withoutPart(first)).sort();

/** `consolidated` ones are the same weights once more. */
export function weightsAmong(names: readonly string[]): readonly string[] {
  const all = names.filter((name) => /^[^.].*\.safetensors$/.test(name)).sort();
  const named = all.filter((name) => !name.startsWith('consolidated'));
  return named.length > 0 ? named : all;
}

const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then((entry) => (entry.isFile() ? entry.size : null), absentAs(null));
