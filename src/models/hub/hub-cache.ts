// The Hugging Face cache on disk, laid out as its Python and JavaScript libraries lay it out, so that all find one another's
// models: blobs by etag, snapshots of links to them, refs that name a commit.
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { ModelId } from '../../core/index.ts';
import type { HubFile } from './hub-client.ts';

export interface HubCache {
  readonly folder: string;
  blob(file: HubFile): string;
  /** What has arrived of a file so far. */
  incomplete(file: HubFile): string;
  /** The lock that the hub's Python library takes too while it writes this file. */
  lock(file: HubFile): string;
  /** Makes the folders that the paths above lie in. */
  prepare(): Promise<void>;
  /** Shows the files as the snapshot of `commit`, and `main` as that commit. Call it when every blob is there. */
  publish(commit: string, files: readonly HubFile[]): Promise<void>;
}

/** The folder of a repository in the cache. */
export const hubFolder = ({ org, name }: Pick<ModelId, 'org' | 'name'>): string => `models--${org}--${name}`;

export function openHubCache(huggingFaceHome: string, id: Pick<ModelId, 'org' | 'name'>): HubCache {
  const repository = hubFolder(id);
  const folder = join(huggingFaceHome, 'hub', repository);
  const locks = join(huggingFaceHome, 'hub', '.locks', repository);
  const blob = ({ etag }: HubFile): string => join(folder, 'blobs', etag);
  return {
    folder,
    blob,
    incomplete: (file) => `${blob(file)}.incomplete`,
    lock: ({ etag }) => join(locks, `${etag}.lock`),
    async prepare() {
      for (const path of [join(folder, 'blobs'), join(folder, 'refs'), locks]) await mkdir(path, { recursive: true });
    },
    async publish(commit, files) {
      const snapshot = join(folder, 'snapshots', commit);
      for (const file of files) {
        const link = join(snapshot, file.path);
        await mkdir(dirname(link), { recursive: true });
        await replaceBy(link, (path) => symlink(relative(dirname(link), blob(file)), path));
      }
      await replaceBy(join(folder, 'refs', 'main'), (path) => writeFile(path, commit));
    },
  };
}

/** Never a moment without the one or the other. */
async function replaceBy(path: string, make: (path: string) => Promise<void>): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  await rm(beside, { force: true });
  await make(beside);
  await rename(beside, path);
}
