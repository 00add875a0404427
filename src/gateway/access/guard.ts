// The first thing that happens to every request of both ports, known route or not: message, Host, Origin, key.
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { ApiKey } from '../../config/index.ts';
import { ServerError } from '../../core/index.ts';
import { wordsFor } from '../errors.ts';
import { createKeyCheck, type KeyHolder } from './api-keys.ts';
import { checkHost, type HostRule } from './host-rule.ts';
import { checkMessage, hasTooManyHeaders } from './message-rules.ts';
import { isOpenRoute } from './open-routes.ts';
import { checkOrigin, corsHeaders, preflightHeaders } from './origin-rule.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose key the request showed; null where none is needed. */
    holder: KeyHolder | null;
  }
}

export interface AccessRules extends HostRule {
  /** None: everybody who reaches the port may use it. */
  readonly keys: readonly ApiKey[];
  readonly allowedOrigins: readonly string[];
}

export function installGuard(app: FastifyInstance, currentRules: () => AccessRules): void {
  const keyHolder = createCurrentKeyCheck();
  app.decorateRequest('holder', null);
  app.addHook('onRequest', async (request, reply) => {
    const { raw } = request;
    const rules = currentRules();
    if (hasTooManyHeaders(raw)) {
      const error = new ServerError('invalid_request', 'The request has too many headers.');
      return reply
        .status(431)
        .header('connection', 'close')
        .send(wordsFor(request, reply, error).body);
    }
    reply.header('connection', 'close'); // Whoever read the message otherwise must not find a second one in it.
    checkMessage(raw);
    reply.removeHeader('connection');
    checkHost(raw.headers.host!, raw.socket, rules);
    const origin = checkOrigin(raw.headers, rules.allowedOrigins);
    if (origin !== null) {
      reply.headers(corsHeaders(origin));
      if (raw.method === 'OPTIONS' && raw.headers['access-control-request-method'] !== undefined)
        return reply.status(204).headers(preflightHeaders(raw.headers)).send();
    }
    if (rules.keys.length === 0 || isOpenRoute(request.method, request.routeOptions.url)) return;
    request.holder = keyHolder(rules.keys, raw.headers) ?? null;
    if (request.holder !== null) return;
    throw new ServerError(
      'invalid_api_key',
      'Send a valid API key as "Authorization: Bearer KEY" or "x-api-key: KEY".',
    );
  });
}

/** Digests are made once for each list of keys. */
function createCurrentKeyCheck() {
  let keys: readonly ApiKey[] | undefined;
  let check: ReturnType<typeof createKeyCheck>;
  return (current: readonly ApiKey[], headers: IncomingHttpHeaders): KeyHolder | undefined => {
    if (current !== keys) check = createKeyCheck(current);
    keys = current;
    return check(headers);
  };
}
