// Where a running server is, as a verb reaches it, and the key that it is shown.
import type { Config } from '../config/index.ts';

export interface ServerAddress {
  readonly apiUrl: string;
  readonly adminUrl: string;
  /** Headers of every request; they hold the key, if there is one. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A server that is bound to every address is reached on loopback. */
export const urlOf = (host: string, port: number): string => {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
};

export function keyHeaders({ apiKey, apiKeys }: Pick<Config, 'apiKey' | 'apiKeys'>): Record<string, string> {
  const key = apiKey ?? apiKeys[0]?.secret;
  return key === undefined ? {} : { authorization: `Bearer ${key.reveal()}` };
}

export const addressOf = (config: Config): ServerAddress => ({
  apiUrl: urlOf(config.host, config.port),
  adminUrl: urlOf(config.adminHost, config.adminPort),
  headers: keyHeaders(config),
});
