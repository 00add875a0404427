// The names that this server may be called by. A page that rebinds its own name to loopback arrives here with that name
// in Host, and with nothing else that would tell it from a program of the user's.
import { ServerError } from '../../core/index.ts';

export interface HostRule {
  /** Lower-case names, each with or without a port; without one any port will do. */
  readonly allowedHosts: readonly string[];
  /** The address that this port is bound to, as configured: a name, an address or a wildcard. */
  readonly boundHost: string;
}

/** The end of the connection that is ours. */
export interface LocalEnd {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

const hostPattern = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/;
const loopback = /^(localhost|127(\.(0|[1-9]\d{0,2})){3}|\[::1\])$/;

/** @throws ServerError `invalid_request` for what can be no host, `forbidden_host` */
export function checkHost(header: string, local: LocalEnd, rule: HostRule): void {
  if (/[,\s]/.test(header)) throw new ServerError('invalid_request', 'The header Host must name one host.');
  if (isAllowed(header.toLowerCase(), local, rule)) return;
  const text = 'This server does not answer to the name in Host; MLX_ALLOWED_HOSTS lists further ones.';
  throw new ServerError('forbidden_host', text);
}

function isAllowed(host: string, { localAddress, localPort }: LocalEnd, rule: HostRule): boolean {
  const match = hostPattern.exec(host);
  if (match === null) return false;
  const name = match[1]!;
  if (rule.allowedHosts.includes(host) || rule.allowedHosts.includes(name)) return true;
  // Programs that write their own requests often leave the port out; a browser never does, but for port 80.
  if (match[2] !== undefined && Number(match[2]) !== localPort) return false;
  return loopback.test(name) || name === literal(localAddress ?? '') || name === literal(rule.boundHost);
}

/** An address as Host writes it. */
const literal = (address: string): string => {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  return plain.includes(':') ? `[${plain}]` : plain;
};
