// A Fastify app with what both ports share: limits, ids, access, errors. Routes are added by the caller.
import { type FastifyInstance, fastify } from 'fastify';
import type { EmitServerEvent } from '../core/index.ts';
import { type AccessRules, installGuard } from './access/guard.ts';
import { installErrors } from './errors.ts';
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

/** Five images of 10 MB in base64, and the text around them. */
const maxBodyBytes = 72 * 1024 * 1024;
const maxHeaderBytes = 16 * 1024;

export function newApp({ emit, access }: AppParts): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
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
  app.removeContentTypeParser('text/plain');
  const routes: { method: string; url: string }[] = [];
  app.decorate('registeredRoutes', routes);
  app.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) routes.push({ method: name, url });
  });
  installRequestContext(app, emit);
  installGuard(app, access);
  installErrors(app);
  return app;
}
