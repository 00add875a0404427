// The header of a GGUF file as a map of names to values. Reads no weights.
import { ServerError } from '../core/index.ts';
import type { Model } from './model.ts';

/** @throws ServerError `model_unsupported` for a file that cannot be read as what it claims to be. */
export async function readGgufFacts({ id, path }: Model): Promise<Readonly<Record<string, unknown>>> {
  const { gguf } = await import('@huggingface/gguf'); // Some 300 files, which nobody else needs.
  const { metadata } = await gguf(path, { allowLocalFile: true }).catch((cause: unknown) => {
    throw new ServerError('model_unsupported', `The GGUF header of ${id} cannot be read.`, { param: 'model', cause });
  });
  return { ...metadata };
}
