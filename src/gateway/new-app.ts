// A Fastify app with what both ports share: limits, ids, access, bodies, errors. Routes are added by the caller.
import type { IncomingMessage } from 'node:http';
import { type FastifyInstance, fastify } from 'fastify';
import type { EmitServerEvent } from '../core/index.ts';
import { type AccessRules, installGuard } from './access/guard.ts';
import { refuseConnection } from './bad-connections.ts';
import { installBody, maxBodyBytes } from './body.ts';
import { installErrors, sendError } from './errors.ts';
import { installRequestContext, newRequestId } from './request-context.ts';

export interface AppParts {
  readonly emit: EmitServerEvent;
  readonly access: AccessRules;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route of this port, as registered. */
    readonly registeredRoutes: readonly { readonly method: string; readonly url: string }[];
  }
}

const maxHeaderBytes = 16 * 1024;

export function newApp({ emit, access }: AppParts): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, request, reply) =>
      void sendError(request, reply.header('x-request-id', request.id), error),
    rewriteUrl: pathOf,
    genReqId: newRequestId,
    http: {
      maxHeaderSize: maxHeaderBytes,
      keepAliveTimeout: 72_000,
      headersTimeout: 30_000,
      requestTimeout: 120_000,
      requireHostHeader: false, // Refused by the guard, with a body that says why.
    },
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: false },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
  });
  app.server.maxHeadersCount = 0; // Node would drop those above a limit; the guard counts and refuses.
  const routes: { method: string; url: string }[] = [];
  app.decorate('registeredRoutes', routes);
  app.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) routes.push({ method: name, url });
  });
  installRequestContext(app, emit);
  installGuard(app, access);
  installBody(app);
  installErrors(app);
  return app;
}

/** `http://HOST/path`, which proxies may send, as the path it means here; whether HOST is ours is for the guard. */
function pathOf({ url = '', headers }: IncomingMessage): string {
  const own = `http://${headers.host}/`;
  return url.toLowerCase().startsWith(own.toLowerCase()) ? url.slice(own.length - 1) : url;
}
