// A bucket of tokens for each client: one a request, refilled all the time, never more than the burst. Clients are keys,
// else addresses; the table of them is bounded.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Clock, type EmitServerEvent, ServerError } from '../core/index.ts';
import { isOpenRoute } from './access/open-routes.ts';

export interface RateLimitOptions {
  readonly requestsPerMinute: number;
  readonly burst: number;
  readonly clock: Clock;
}

export interface RateVerdict {
  readonly allowed: boolean;
  /** Requests that may follow at once. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetMs: number;
  /** Until the next request is allowed; 0 where it is now. */
  readonly waitMs: number;
}

/** Past it the client that was quiet for longest is forgotten, which gives it a full bucket. */
const maxClients = 10_000;

export function createRateLimiter({
  requestsPerMinute,
  burst,
  clock,
}: RateLimitOptions): (client: string) => RateVerdict {
  const perMs = requestsPerMinute / 60_000;
  /** Least recent first: a Map keeps the order of insertion. */
  const buckets = new Map<string, { readonly tokens: number; readonly atMs: number }>();
  return (client) => {
    const atMs = clock.monotonicMs();
    const bucket = buckets.get(client) ?? { tokens: burst, atMs };
    const filled = Math.min(burst, bucket.tokens + (atMs - bucket.atMs) * perMs);
    const allowed = filled >= 1;
    const tokens = allowed ? filled - 1 : filled;
    buckets.delete(client);
    buckets.set(client, { tokens, atMs });
    if (buckets.size > maxClients) buckets.delete(buckets.keys().next().value!);
    return {
      allowed,
      remaining: Math.floor(tokens),
      resetMs: (burst - tokens) / perMs,
      waitMs: Math.max(0, (1 - tokens) / perMs),
    };
  };
}

export interface RateLimitParts {
  /** Asked for each request; null: no limit. A new object is a new limit, with full buckets for all. */
  readonly rateLimit: () => RateLimitOptions | null;
  readonly emit: EmitServerEvent;
}

/** Limits every route of `app` that needs a key, or would if there were any. */
export function installRateLimit(app: FastifyInstance, { rateLimit, emit }: RateLimitParts): void {
  let known: RateLimitOptions | null = null;
  let take: ReturnType<typeof createRateLimiter> | undefined;
  app.addHook('onRequest', async (request, reply) => {
    const options = rateLimit();
    if (options !== known) take = options === null ? undefined : createRateLimiter(options);
    known = options;
    if (options === null || take === undefined || isOpenRoute(request.method, request.routeOptions.url)) return;
    const { allowed, remaining, resetMs, waitMs } = take(clientOf(request));
    reply.headers({
      'x-ratelimit-limit-requests': String(options.requestsPerMinute),
      'x-ratelimit-remaining-requests': String(remaining),
      'x-ratelimit-reset-requests': `${Math.ceil(resetMs / 1000)}s`,
    });
    if (allowed) return;
    emit({ type: 'rate-limited', requestId: request.id });
    const text = `More than ${options.requestsPerMinute} requests a minute; try again later.`;
    throw new ServerError('rate_limited', text, { retryAfterSeconds: Math.ceil(waitMs / 1000) });
  });
}

/** The holder of a key, else the address; of IPv6 the network, because a host there has as many addresses as it likes. */
export function clientOf({ holder, raw }: FastifyRequest): string {
  if (holder !== null) return `key ${holder.id}`;
  const address = raw.socket.remoteAddress ?? '';
  return address.includes('.') ? address.replace(/^::ffff:/i, '') : ipv6Network(address);
}

/** The first 64 bits of an IPv6 address. */
export function ipv6Network(address: string): string {
  const [start = '', end] = address.split('::', 2);
  const before = start === '' ? [] : start.split(':');
  const after = end === undefined || end === '' ? [] : end.split(':');
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...(end === undefined ? [] : zeros), ...after].slice(0, 4).join(':');
}
