// Opens sockets to allowed addresses only: the literal in the URL, every answer of the resolver, and at last the address
// that the socket really reached. A `lookup` hook alone would be passed by: literals are not looked up.
import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import { BlockedAddress, createGuardedLookup, type Resolve } from './guarded-lookup.ts';

export interface GuardedConnectorOptions {
  readonly guard: AddressGuard;
  readonly resolve: Resolve;
  readonly connectTimeoutMs: number;
}

export function createGuardedConnector(options: GuardedConnectorOptions): buildConnector.connector {
  const { guard, resolve, connectTimeoutMs } = options;
  const lookup = createGuardedLookup(guard, resolve);
  const connect = buildConnector({ lookup, timeout: connectTimeoutMs, maxCachedSessions: 0 });
  return (target, callback) => {
    const hostname = target.hostname.replace(/^\[|\]$/g, '');
    if (isIP(hostname) !== 0 && !guard.allows(hostname, hostname)) {
      callback(new BlockedAddress('the address is not public'), null);
      return;
    }
    connect(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      if (guard.allows(socket.remoteAddress ?? '', hostname)) return callback(null, socket);
      socket.destroy();
      callback(new BlockedAddress('the socket reached an address that is not public'), null);
    });
  };
}
