// A Fastify app with what both ports share: limits, ids, errors. Routes are added by the caller.
import { type FastifyInstance, fastify } from 'fastify';
import type { EmitServerEvent } from '../core/index.ts';
import { installErrors } from './errors.ts';
import { installRequestContext, newRequestId } from './request-context.ts';

/** Five images of 10 MB in base64, and the text around them. */
const maxBodyBytes = 72 * 1024 * 1024;
const maxHeaderBytes = 16 * 1024;

export function newApp(emit: EmitServerEvent): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    genReqId: newRequestId,
    http: { maxHeaderSize: maxHeaderBytes, keepAliveTimeout: 72_000, headersTimeout: 30_000, requestTimeout: 120_000 },
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: false },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
  });
  app.removeContentTypeParser('text/plain');
  installRequestContext(app, emit);
  installErrors(app);
  return app;
}
