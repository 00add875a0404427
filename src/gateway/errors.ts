// Any failure → status, headers and body of an answer, on every route, in the words of the path's own API.
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ServerError, toServerError } from '../core/index.ts';
import { dialectOf } from './dialect.ts';

/** Failures of the HTTP layer itself, by Fastify's code or status. */
function fromFastify(error: FastifyError): ServerError | undefined {
  switch (error.statusCode) {
    case 413:
      return new ServerError('payload_too_large', 'The body is larger than this server accepts.');
    case 415:
      return new ServerError('unsupported_media_type', 'Send the body as application/json.');
    case 414:
      return new ServerError('not_found', 'There is no such endpoint: a part of the path is too long.');
    case 400:
      return new ServerError('invalid_request', 'The request is not one that this server understands.');
    default:
      return undefined;
  }
}

export function normaliseError(error: unknown): ServerError {
  if (error instanceof ServerError || !(error instanceof Error)) return toServerError(error);
  return fromFastify(error as FastifyError) ?? toServerError(error);
}

const maxDiscardedBytes = 64 * 1024;
const lingerMs = 1000;

/** Failures of the server that another try would only repeat; clients try again after a 5xx unless they are told. */
const finalCodes: ReadonlySet<string> = new Set(['worker_timeout', 'worker_crashed', 'cancelled']);

/** Headers that tell a client what to send, and when, or whether, to try again. */
export function errorHeaders(error: ServerError): Record<string, string> {
  if (error.code === 'invalid_api_key') return { 'www-authenticate': 'Bearer' };
  if (error.retryAfterSeconds !== undefined) return { 'retry-after': String(Math.max(1, error.retryAfterSeconds)) };
  return finalCodes.has(error.code) ? { 'x-should-retry': 'false' } : {};
}

export function sendError(request: FastifyRequest, reply: FastifyReply, cause: unknown): FastifyReply {
  const error = normaliseError(cause);
  request.failure = error;
  if (!request.raw.complete && !isShort(request)) return answerAndLinger(request, reply, error);
  const { status, body } = wordsFor(request, reply, error);
  return reply.status(status).headers(errorHeaders(error)).send(body);
}

/** Status and body of `error` in the words of the path that was asked for. */
export function wordsFor(request: FastifyRequest, reply: FastifyReply, error: ServerError) {
  const dialect = dialectOf(request.url);
  return { status: dialect.status(error), body: dialect.body(error, String(reply.getHeader('x-request-id'))) };
}

/**
 * The whole answer at once, to a client that may still be sending: a connection closed under it would lose the answer.
 * What it sends is thrown away for a moment, then the connection is closed.
 */
function answerAndLinger(request: FastifyRequest, reply: FastifyReply, error: ServerError): FastifyReply {
  const { raw } = request;
  const words = wordsFor(request, reply, error);
  const body = JSON.stringify(words.body);
  const length = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) };
  const headers = { ...reply.getHeaders(), ...errorHeaders(error), ...length, connection: 'close' };
  reply.hijack();
  reply.raw.writeHead(words.status, headers as OutgoingHttpHeaders);
  reply.raw.write(body);
  const end = (): void => {
    clearTimeout(timer);
    reply.raw.end();
  };
  const timer = setTimeout(end, raw.headers.expect === undefined ? lingerMs : 0);
  raw.once('end', end).once('close', end).resume();
  return reply;
}

/** Whether what is left of the body may be read and thrown away, to keep the connection. */
const isShort = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= maxDiscardedBytes;

/** Error handler, 404 and 405 for `app`. Called once, after all routes of the app are known. */
export function installErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendError(request, reply, error));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    const allowed = allowedMethods(app, path);
    if (allowed.length === 0)
      return sendError(request, reply, new ServerError('not_found', 'There is no such endpoint.'));
    const text = `This endpoint takes ${allowed.join(', ')}.`;
    return sendError(request, reply.header('allow', allowed.join(', ')), new ServerError('method_not_allowed', text));
  });
}

function allowedMethods(app: FastifyInstance, path: string): string[] {
  return (['GET', 'POST', 'DELETE'] as const).filter((method) => app.findRoute({ url: path, method }) !== null);
}
