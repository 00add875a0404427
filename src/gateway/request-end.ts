// Why an answer ends before it is whole: its client left, an operator cancelled it, its X-Request-Timeout is over. The
// first cause wins, and stops the generation.
import { setMaxListeners } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ServerError } from '../core/index.ts';
import type { LiveRequests } from './live-requests.ts';

/** There is nobody left to answer to. */
export class ClientLeft extends Error {
  constructor() {
    super('the client left');
  }
}

/** Calls `onLeft` once the connection is closed, also where it was before anybody listened: a body takes time to parse. */
export function whenClosed(request: FastifyRequest, reply: FastifyReply, onLeft: () => void): void {
  if (request.raw.socket.destroyed) onLeft();
  else reply.raw.once('close', onLeft);
}

export interface RequestEnd {
  readonly controller: AbortController;
  /** The model has begun to work on it. */
  begun(): void;
}

const maxSeconds = 86_400;

/** @throws ServerError `invalid_request` for a header that is no number of seconds. */
export function watchEnd(request: FastifyRequest, reply: FastifyReply, live: LiveRequests): RequestEnd {
  const timeoutMs = timeoutOf(request);
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // A listener and more for each choice, and there may be 128: no leak.
  let working = false;
  const remove = live.add(request.id, () =>
    controller.abort(new ServerError('cancelled', 'The operator of this server cancelled the request.')),
  );
  const expire = (): void => {
    const text = `The answer was not complete within the ${timeoutMs! / 1000} s of X-Request-Timeout.`;
    controller.abort(new ServerError(working ? 'cancelled' : 'queue_timeout', text));
  };
  const elapsedMs = performance.now() - request.arrivedMs;
  const timer = timeoutMs === undefined ? undefined : setTimeout(expire, Math.max(1, timeoutMs - elapsedMs));
  whenClosed(request, reply, () => {
    clearTimeout(timer);
    remove();
    controller.abort(new ClientLeft());
  });
  return {
    controller,
    begun: () => {
      working = true;
    },
  };
}

/** `X-Request-Timeout`, in seconds, as milliseconds. */
function timeoutOf(request: FastifyRequest): number | undefined {
  const sent = request.headers['x-request-timeout'];
  if (sent === undefined) return undefined;
  const seconds = typeof sent === 'string' && /^\d{1,5}(\.\d{1,3})?$/.test(sent) ? Number(sent) : Number.NaN;
  if (seconds > 0 && seconds <= maxSeconds) return seconds * 1000;
  throw new ServerError('invalid_request', `X-Request-Timeout is a number of seconds, up to ${maxSeconds}.`, {
    param: 'X-Request-Timeout',
  });
}
