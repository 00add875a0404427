// The header of a GGUF file as a map of names to values, without its lists of texts.
import { ServerError } from '../core/index.ts';
import { readWeightHeaders } from './facts/header-thread.ts';
import type { Model } from './model.ts';

/** @throws ServerError `model_unsupported` for a file that cannot be read as what it claims to be. */
export async function readGgufFacts({ id, path }: Model): Promise<Readonly<Record<string, unknown>>> {
  const [header] = await readWeightHeaders([path]);
  if (header?.kind === 'gguf') return header.facts;
  throw new ServerError('model_unsupported', `The GGUF header of ${id} cannot be read.`, { param: 'model' });
}
