// What every request carries: an id that is ours, the client's id echoed, an end that is reported once.
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type EmitServerEvent, type Priority, ServerError } from '../core/index.ts';
import { dialectOf } from './dialect.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the request failed, once it did. */
    failure: ServerError | null;
    /** When its headers had been read, on the monotonic clock. */
    arrivedMs: number;
  }
}

/** As W3C Trace Context has it. */
const traceForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

const clientId = /^[A-Za-z0-9._-]{1,64}$/;

export const newRequestId = (): string => `req_${randomBytes(12).toString('hex')}`;

/** Sets `x-request-id` on every answer and emits request-received and request-finished around every request. */
export function installRequestContext(app: FastifyInstance, emit: EmitServerEvent): void {
  app.decorateRequest('failure', null);
  app.decorateRequest('arrivedMs', 0);
  app.addHook('onRequest', (request, reply, done) => {
    request.arrivedMs = performance.now();
    const { method } = request;
    const endpoint = request.routeOptions.url ?? 'unknown';
    const clientRequestId = clientIdOf(request);
    const shownId = clientRequestId ?? request.id;
    const { idHeader } = dialectOf(request.url);
    reply.header('x-request-id', shownId);
    if (idHeader !== undefined) reply.header(idHeader, shownId);
    const { traceparent } = request.headers;
    const trace = typeof traceparent === 'string' && traceForm.test(traceparent) ? { traceParent: traceparent } : {};
    emit({ type: 'request-received', requestId: request.id, clientRequestId, method, endpoint, ...trace });
    reply.raw.once('close', () => {
      const { failure } = request;
      const left = !reply.raw.writableFinished && failure === null;
      emit({
        type: 'request-finished',
        requestId: request.id,
        method,
        endpoint,
        holder: request.holder?.name ?? null,
        status: left ? 499 : reply.raw.statusCode,
        code: failure?.code ?? null,
        durationMs: Math.round(performance.now() - request.arrivedMs),
        ...(failure?.cause === undefined ? {} : { cause: failure.cause }),
      });
    });
    done();
  });
}

/** The client's id for its request, or null where it is none that may be repeated in a header or a log. */
function clientIdOf(request: FastifyRequest): string | null {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && clientId.test(sent) ? sent : null;
}

/** `X-Priority`, or normal. @throws ServerError `invalid_request` */
export function priorityOf(request: FastifyRequest): Priority {
  const sent = request.headers['x-priority'];
  if (sent === undefined) return 'normal';
  const text = Array.isArray(sent) ? '' : sent.toLowerCase();
  if (text === 'high' || text === 'normal' || text === 'low') return text;
  throw new ServerError('invalid_request', 'X-Priority is one of high, normal, low.', { param: 'X-Priority' });
}
