// Small files of a model, read in bounded size. Opens regular files only.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { absentAs } from './machine-shortage.ts';

const maxJsonBytes = 4 * 1024 * 1024;

/** The JSON value in `path`; undefined when it is absent, not a regular file, too large or malformed. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Malformed is the same as absent to the callers, who say what they miss.
  }
}

/** The text in `path`; undefined when it is absent, not a regular file or too large. */
export async function readText(path: string): Promise<string | undefined> {
  const bytes = await readStart(path, maxJsonBytes + 1);
  return bytes === undefined || bytes.length > maxJsonBytes ? undefined : bytes.toString('utf8');
}

/** The first `bytes` of a regular file; O_NONBLOCK, so that a FIFO under a model's name cannot hang us. */
export async function readStart(path: string, bytes: number): Promise<Buffer | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = await file.stat().then((entry) => (entry.isFile() ? entry : { size: -1 }));
    if (size < 0) return undefined;
    const buffer = Buffer.alloc(Math.min(bytes, size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    return absentAs(undefined)(error); // Unreadable is the same as absent: the caller reports the model as not found.
  } finally {
    await file?.close();
  }
}
