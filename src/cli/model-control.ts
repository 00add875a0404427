// load and unload: models of the running server, by hand.
import { askAdmin } from './admin-client.ts';
import { findServer } from './find-server.ts';
import type { Flags } from './read-config.ts';

interface OutputOptions {
  readonly json: boolean;
}

export async function load(flags: Flags, { json }: OutputOptions, model: string): Promise<string> {
  const answer = (await askAdmin(await findServer(flags), '/admin/load', { model })) as {
    model: string;
    loadMs: number;
  };
  return json ? JSON.stringify(answer) : `${answer.model} is loaded (${(answer.loadMs / 1000).toFixed(1)} s)`;
}

export async function unload(flags: Flags, { json }: OutputOptions, model: string | undefined): Promise<string> {
  const body = model === undefined ? {} : { model };
  const answer = (await askAdmin(await findServer(flags), '/admin/unload', body)) as { unloaded: string[] };
  if (json) return JSON.stringify(answer);
  return answer.unloaded.length === 0 ? 'Nothing was loaded.' : `unloaded ${answer.unloaded.join(', ')}`;
}
