// A running server's admin port, as the verbs ask it.
import { CliFailure } from './failure.ts';

export const adminUrlOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** GET, or POST when there is a body; the JSON answered. @throws CliFailure with the server's own message. */
export async function askAdmin(adminUrl: string, path: string, body?: object): Promise<unknown> {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(adminUrl + path, body === undefined ? {} : post).catch(() => undefined);
  if (response === undefined) {
    const { host } = new URL(adminUrl);
    const hint = 'Start one with "npm start", or name its port with --admin-port.';
    throw new CliFailure(`No server answers on ${host}. ${hint}`);
  }
  const answer = (await response.json()) as { readonly error?: { readonly message: string } };
  if (!response.ok) throw new CliFailure(answer.error?.message ?? `HTTP ${response.status}`);
  return answer;
}
