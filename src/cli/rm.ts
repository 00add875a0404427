// rm: a model out of the Hugging Face cache.
import { removeFromCache } from '../models/index.ts';
import { CliFailure } from './failure.ts';
import { type Flags, readConfig } from './read-config.ts';
import { formatBytes } from './table.ts';

export async function rm(flags: Flags, { json }: { readonly json: boolean }, model: string): Promise<string> {
  const freedBytes = await removeFromCache(model, readConfig(flags).config.huggingFaceHome).catch((error: Error) => {
    throw new CliFailure(error.message);
  });
  return json ? JSON.stringify({ model, freedBytes }) : `removed ${model} (${formatBytes(freedBytes)})`;
}
