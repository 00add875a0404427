// Why a model could not be loaded, in one line that a client may see: never a path, never a stack.
import { open } from 'node:fs/promises';
import type { FromWorker } from '../ipc/index.ts';

const maxReasonCharacters = 300;

/** What is wrong with the file itself, as far as its first bytes tell; null when nothing is. */
export async function faultOfFile(path: string): Promise<string | null> {
  try {
    await using file = await open(path, 'r');
    if (!(await file.stat()).isFile()) return 'it is not a GGUF file';
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1', 0, bytesRead) === 'GGUF' ? null : 'it is not a GGUF file';
  } catch {
    return 'its file cannot be read';
  }
}

/** One line, in which words that look like a path, with their quotes, became "…". */
export const withoutPaths = (text: string): string =>
  text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/\S*[/\\]\S*/g, '…')
    .slice(0, maxReasonCharacters);

export async function loadFailure(error: unknown, path: string): Promise<Extract<FromWorker, { type: 'error' }>> {
  const reason = (await faultOfFile(path)) ?? withoutPaths(error instanceof Error ? error.message : String(error));
  return {
    type: 'error',
    id: null,
    code: 'load_failed',
    message: reason, // The server puts it behind the model's name.
    param: null,
  };
}
