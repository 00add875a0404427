// A running server's admin port, as the verbs ask it.
import { CliFailure } from './failure.ts';
import { noServer } from './find-server.ts';
import type { ServerAddress } from './server-address.ts';

/** GET, or POST when there is a body; the JSON answered. @throws CliFailure with the server's own message. */
export async function askAdmin(
  { adminUrl, headers }: Pick<ServerAddress, 'adminUrl' | 'headers'>,
  path: string,
  body?: object,
): Promise<unknown> {
  const json = { ...headers, 'content-type': 'application/json' };
  const request = body === undefined ? { headers } : { method: 'POST', headers: json, body: JSON.stringify(body) };
  const response = await fetch(adminUrl + path, request).catch(() => undefined);
  if (response === undefined) throw new CliFailure(noServer(adminUrl));
  const answer = (await response.json()) as { readonly error?: { readonly message: string } };
  if (!response.ok) throw new CliFailure(answer.error?.message ?? `HTTP ${response.status}`);
  return answer;
}
