// A file of this machine, from the folders that the operator opened and from nowhere else. Missing and forbidden look
// the same.
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { readBounded } from './bounded-read.ts';
import { ImageProblem, notReadable, tooManyBytes } from './image-problem.ts';
import { maxImageBytes } from './limits.ts';

/** O_NONBLOCK: a FIFO without a writer must not hang us. O_NOFOLLOW: links were resolved before. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** Bytes of the image at `path`. @throws ImageProblem */
export async function readLocalFile(path: string, allowedFolders: readonly string[]): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    const real = await realpath(path);
    await requireInside(real, allowedFolders);
    file = await open(real, flags);
    const bytes = await judgedBytes(file, real);
    const stream = file.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 });
    return await readBounded(stream, maxImageBytes, bytes);
  } catch (error) {
    throw error instanceof ImageProblem ? error : notReadable(error);
  } finally {
    await file?.close();
  }
}

async function requireInside(real: string, allowedFolders: readonly string[]): Promise<void> {
  for (const folder of allowedFolders) {
    const root = await realpath(folder).catch(() => undefined); // A folder that is gone holds nothing.
    if (root !== undefined && real.startsWith(root.endsWith(sep) ? root : root + sep)) return;
  }
  throw notReadable();
}

/**
 * Size of the file, provided that what was opened is the regular file which was judged: a folder on the way may have
 * become a link meanwhile.
 */
async function judgedBytes(file: FileHandle, real: string): Promise<number> {
  const [opened, judged, again] = await Promise.all([file.stat(), stat(real), realpath(real)]);
  if (!opened.isFile() || again !== real || opened.ino !== judged.ino || opened.dev !== judged.dev) throw notReadable();
  if (opened.size > maxImageBytes) throw tooManyBytes();
  return opened.size;
}
