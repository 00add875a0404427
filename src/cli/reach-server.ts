// The running server, else one of our own for as long as the verb takes.
import { CliFailure } from './failure.ts';
import { findServer, noServer } from './find-server.ts';
import type { Flags } from './read-config.ts';
import type { ServerAddress } from './server-address.ts';

export interface ReachedServer extends ServerAddress {
  /** It was started for this, and ends with it. */
  readonly isOwn: boolean;
  readonly close: () => Promise<void>;
}

/** @throws CliFailure when a server was named by a flag and does not answer. */
export async function reachServer(flags: Flags): Promise<ReachedServer> {
  const { config, isNamed, apiUrl, adminUrl, headers } = await findServer(flags);
  const health = await fetch(`${apiUrl}/health`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
  if (health?.ok === true) return { apiUrl, adminUrl, headers, isOwn: false, close: async () => {} };
  if (isNamed) throw new CliFailure(noServer(apiUrl));
  const { startServer } = await import('./running-server.ts');
  const logLevel = flags['--log-level'] === undefined ? 'error' : config.logLevel;
  const own = await startServer({ ...config, host: '127.0.0.1', port: 0, adminPort: 0, logLevel });
  return { apiUrl: own.apiUrl, adminUrl: own.adminUrl, headers, isOwn: true, close: () => own.stopNow() };
}
