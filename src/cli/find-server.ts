// The server that a verb means: the one whose ports were named, else the one that this user runs.
import type { Config, Origin, SettingName } from '../config/index.ts';
import { type Announcement, announcedServers } from './announcement.ts';
import { CliFailure } from './failure.ts';
import { type Flags, readConfig } from './read-config.ts';
import { addressOf, type ServerAddress, urlOf } from './server-address.ts';

export interface FoundServer extends ServerAddress {
  readonly config: Config;
  /** A flag said where it is: no other server will do. */
  readonly isNamed: boolean;
}

/** Where it should answer; whether it does is not asked. @throws CliFailure when several run and none was named. */
export async function findServer(flags: Flags): Promise<FoundServer> {
  const { config, origins } = readConfig(flags);
  const address = addressOf(config);
  const named = (['host', 'port', 'adminHost', 'adminPort'] as const).filter((name) => origins[name] !== 'default');
  const isNamed = named.some((name) => origins[name] === 'flag');
  const mine = await announcedServers(config.stateDir);
  const found = choose(mine, config, origins);
  if (found === 'several') {
    const places = mine.map(({ api, pid }) => `  ${api} (pid ${pid})`).join('\n');
    throw new CliFailure(`Several servers run; say which one you mean with --port:\n${places}`, 2);
  }
  if (found === undefined) return { ...address, config, isNamed };
  return { apiUrl: reached(found.api), adminUrl: reached(found.admin), headers: address.headers, config, isNamed };
}

/** One that is at the ports that were set, or at the usual ones, goes before any other. */
export function choose(
  servers: readonly Announcement[],
  config: Pick<Config, 'port' | 'adminPort'>,
  origins: Readonly<Pick<Record<SettingName, Origin>, 'host' | 'port' | 'adminHost' | 'adminPort'>>,
): Announcement | 'several' | undefined {
  if (origins.host !== 'default' || origins.adminHost !== 'default') return undefined;
  const ports = ({ api, admin }: Announcement) => [portOf(api), portOf(admin)] as const;
  const isSet = { api: origins.port !== 'default', admin: origins.adminPort !== 'default' };
  const matching = servers.filter((server) => {
    const [api, admin] = ports(server);
    return (!isSet.api || api === config.port) && (!isSet.admin || admin === config.adminPort);
  });
  if (matching.length <= 1) return matching[0];
  return matching.find((server) => ports(server)[0] === config.port) ?? 'several';
}

const portOf = (url: string): number => Number(new URL(url).port);

function reached(url: string): string {
  const { hostname, port } = new URL(url);
  return urlOf(hostname.replace(/^\[|\]$/g, ''), Number(port));
}

export const noServer = (url: string): string =>
  `No server answers on ${new URL(url).host}. Start one with "mlxs daemon start", or name the port of one with --port.`;
