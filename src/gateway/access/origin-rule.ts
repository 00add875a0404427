// Which web pages may use this server: its own, and those of configured origins. Everybody else's browser is told no,
// and is given no header that would let the page read an answer.
import type { IncomingHttpHeaders } from 'node:http';
import { ServerError } from '../../core/index.ts';

/** The origin that may read the answer, or null where no other page asks. @throws ServerError `forbidden_origin` */
export function checkOrigin(headers: IncomingHttpHeaders, allowedOrigins: readonly string[]): string | null {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (origin === undefined) {
    if (site === 'cross-site') throw forbidden();
    return null;
  }
  if (allowedOrigins.includes(origin.toLowerCase())) return origin;
  if (origin.toLowerCase() === `http://${host?.toLowerCase()}`) return null;
  throw forbidden();
}

const forbidden = (): ServerError =>
  new ServerError('forbidden_origin', 'Pages of this origin may not use this server; MLX_ALLOWED_ORIGINS lists some.');

const readable = [
  'x-request-id',
  'request-id',
  'x-queue-wait-ms',
  'x-should-retry',
  'retry-after',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
].join(', ');

/** Headers of every answer to a page of an allowed origin. No credentials: a key is sent by the page itself. */
export const corsHeaders = (origin: string): Record<string, string> => ({
  'access-control-allow-origin': origin,
  'access-control-expose-headers': readable,
  vary: 'Origin',
});

const headerNames = /^[a-z0-9-]{1,64}(, ?[a-z0-9-]{1,64}){0,49}$/i;

/** The answer to the question that a browser asks ahead of a request. */
export function preflightHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const asked = headers['access-control-request-headers'];
  return {
    'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
    'access-control-max-age': '600',
    ...(typeof asked === 'string' && headerNames.test(asked) ? { 'access-control-allow-headers': asked } : {}),
    ...(headers['access-control-request-private-network'] === 'true'
      ? { 'access-control-allow-private-network': 'true' }
      : {}),
  };
}
