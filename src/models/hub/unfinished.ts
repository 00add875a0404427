// Downloads into the hub's cache that have begun and not ended, by whichever program.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelId } from '../../core/index.ts';
import { absentAs } from '../machine-shortage.ts';
import { hubFolder } from './hub-cache.ts';

/** What is to be said of a model of which only pieces are here; undefined where there is nothing of it. */
export async function unfinishedDownload(hub: string, { org, name, tag }: ModelId): Promise<string | undefined> {
  const blobs = join(hub, hubFolder({ org, name }), 'blobs');
  const names = (await readdir(blobs).catch(absentAs<string[]>([]))).filter((entry) => entry.endsWith('.incomplete'));
  if (names.length === 0) return undefined;
  const sizes = await Promise.all(names.map((entry) => stat(join(blobs, entry)).then(({ size }) => size, absentAs(0))));
  const megabytes = (sizes.reduce((sum, size) => sum + size, 0) / 1e6).toFixed(1);
  const id = `${org}/${name}${tag === undefined ? '' : `:${tag}`}`;
  const files = names.length === 1 ? 'one file is' : `${names.length} files are`;
  return `The download of ${id} has not finished (${files} on the way, ${megabytes} MB so far): mlxs pull ${id}`;
}
