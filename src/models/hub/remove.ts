// A model out of the Hugging Face cache. Never touches another folder.
import { readdir, readlink, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { requireModelId, ServerError } from '../../core/index.ts';
import { hasTag } from '../gguf-tag.ts';
import { openHubCache } from './hub-cache.ts';

/**
 * With a tag only that quantisation goes, else the whole repository. @returns bytes that became free
 * @throws ServerError invalid_request, model_not_found
 */
export async function removeFromCache(model: string, huggingFaceHome: string): Promise<number> {
  const id = requireModelId(model);
  const { folder } = openHubCache(huggingFaceHome, id);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }));
  if (id.tag === undefined) {
    if (paths.length === 0) throw notThere(model);
    const bytes = await sizeOfAll(paths.flatMap(({ entry, path }) => (entry.isFile() ? [path] : [])));
    await rm(folder, { recursive: true });
    return bytes;
  }
  const { tag } = id;
  const links = paths.filter(
    ({ entry }) => entry.isSymbolicLink() && /\.gguf$/i.test(entry.name) && hasTag(entry.name, tag),
  );
  if (links.length === 0) throw notThere(model);
  const blobs = await Promise.all(
    links.map(async ({ entry, path }) => resolve(entry.parentPath, await readlink(path))),
  );
  const bytes = await sizeOfAll(new Set(blobs));
  for (const path of [...links.map((link) => link.path), ...blobs]) await rm(path, { force: true });
  return bytes;
}

const notThere = (model: string): ServerError =>
  new ServerError('model_not_found', `${model} is not in the Hugging Face cache; files elsewhere are yours to delete.`);

async function sizeOfAll(paths: Iterable<string>): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    bytes += await stat(path).then(
      ({ size }) => size,
      () => 0, // Gone already.
    );
  }
  return bytes;
}
