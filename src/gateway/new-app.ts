// A Fastify app with what both ports share: limits, ids, access, bodies, errors. Routes are added by the caller.
import type { IncomingMessage } from 'node:http';
import { type FastifyInstance, fastify } from 'fastify';
import { type EmitServerEvent, systemClock } from '../core/index.ts';
import { type AccessRules, installGuard } from './access/guard.ts';
import { refuseConnection } from './bad-connections.ts';
import { installBody, maxBodyBytes } from './body.ts';
import { installErrors, sendError } from './errors.ts';
import { installRequestContext, newRequestId } from './request-context.ts';
import { createWriteWatch, writesOf } from './write-watch.ts';

export interface AppParts {
  readonly emit: EmitServerEvent;
  /** Asked for each request: the rules may change. */
  readonly access: () => AccessRules;
  readonly slowClients: SlowClientLimits;
  /** For the bodies of all requests together. */
  readonly uploadBudgetBytes: number;
}

/** How long a client may take over its part. */
export interface SlowClientLimits {
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly writeStallTimeoutMs: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route of this port, as registered. */
    readonly registeredRoutes: readonly { readonly method: string; readonly url: string }[];
  }
}

const maxHeaderBytes = 16 * 1024;
/** Longer than the minute after which proxies give up theirs, so that none is closed under a request. */
const keepAliveTimeoutMs = 72_000;

export function newApp({ emit, access, slowClients, uploadBudgetBytes }: AppParts): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error, request, reply) =>
      void sendError(request, reply.header('x-request-id', request.id), error),
    rewriteUrl: pathOf,
    genReqId: newRequestId,
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: slowClients.bodyTimeoutMs, // Fastify sets it on the server, over whatever `http` says.
    http: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: Math.min(slowClients.headersTimeoutMs, slowClients.bodyTimeoutMs),
      connectionsCheckingInterval: Math.min(5000, slowClients.headersTimeoutMs / 2),
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
  installWriteWatch(app, slowClients.writeStallTimeoutMs);
  installGuard(app, access);
  installBody(app, { budgetBytes: uploadBudgetBytes });
  installErrors(app);
  return app;
}

function installWriteWatch(app: FastifyInstance, stallMs: number): void {
  const watch = createWriteWatch({ clock: systemClock, stallMs });
  const timer = setInterval(() => watch.check(), Math.min(1000, stallMs / 4));
  timer.unref();
  app.addHook('onClose', async () => clearInterval(timer));
  app.addHook('onRequest', async ({ raw }, reply) => {
    reply.raw.once('close', watch.add(writesOf(reply.raw, raw.socket)));
  });
}

/** `http://HOST/path`, which proxies may send, as the path it means here; whether HOST is ours is for the guard. */
function pathOf({ url = '', headers }: IncomingMessage): string {
  const own = `http://${headers.host}/`;
  return url.toLowerCase().startsWith(own.toLowerCase()) ? url.slice(own.length - 1) : url;
}
