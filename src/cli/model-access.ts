// The models of a server, as its clients see them: which there are, whether one is, and loading it.
import { askAdmin } from './admin-client.ts';
import { CliFailure } from './failure.ts';
import { nearest } from './nearest.ts';
import type { ServerAddress } from './server-address.ts';

type Api = Pick<ServerAddress, 'apiUrl' | 'headers'>;

/** @throws CliFailure when the server does not tell. */
export async function modelNames({ apiUrl, headers }: Api): Promise<readonly string[]> {
  const response = await fetch(`${apiUrl}/v1/models`, { headers });
  const answer = (await response.json()) as { data?: { id: string }[]; error?: { message: string } };
  if (answer.data === undefined) throw new CliFailure(answer.error?.message ?? `HTTP ${response.status}`);
  return answer.data.map(({ id }) => id);
}

/** Loads ahead of the first question, with a word about the wait on a terminal. @throws CliFailure */
export async function useModel(server: ServerAddress, model: string): Promise<void> {
  await requireModel(server, model);
  const say = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(text);
  };
  say(`loading ${model} …`);
  try {
    await askAdmin(server, '/admin/load', { model });
  } finally {
    say('\r\u001b[K');
  }
}

async function requireModel(server: ServerAddress, model: string): Promise<void> {
  const { apiUrl, headers } = server;
  const response = await fetch(`${apiUrl}/v1/models/${encodeURI(model)}`, { headers });
  if (response.ok) return;
  const { error } = (await response.json()) as { error: { message: string } };
  const meant = response.status === 404 ? nearest(model, await modelNames(server).catch(() => [])) : [];
  const hint = meant.length > 0 ? `Did you mean ${meant.join(' or ')}?` : '"mlxs list" shows what is.';
  throw new CliFailure(`${error.message} ${hint}`);
}
