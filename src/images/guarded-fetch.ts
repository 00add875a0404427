// The one place that fetches anything from an address that a client named. No proxy, cookie, credential or Referer;
// redirects are followed by hand, each judged like the first address; one deadline over all of it.
import { Agent, type Dispatcher, request } from 'undici';
import { withDeadline } from '../core/index.ts';
import type { AddressGuard } from './address-guard.ts';
import { requireFetchable } from './fetchable-url.ts';
import { createGuardedConnector } from './guarded-connector.ts';
import type { Resolve } from './guarded-lookup.ts';
import { ImageProblem, notFetched } from './image-problem.ts';
import { readBody } from './response-body.ts';

const maxRedirects = 3;
const maxHeaderBytes = 16 * 1024;
const redirectStatuses = [301, 302, 303, 307, 308];
const headers = { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'mlx-inference-server' };

export interface GuardedFetchOptions {
  readonly guard: AddressGuard;
  readonly resolve: Resolve;
  readonly connectTimeoutMs: number;
  /** For everything: names, connections, redirects, the last byte. */
  readonly totalTimeoutMs: number;
}

/** Bytes of the image at `url`. Rejects with ImageProblem, or with `signal.reason`. */
export type FetchImage = (url: URL, signal: AbortSignal) => Promise<Buffer>;

export function createGuardedFetch(options: GuardedFetchOptions): FetchImage {
  const connect = createGuardedConnector(options);
  return async (url, signal) => {
    using deadline = withDeadline(signal, options.totalTimeoutMs);
    // An agent a download: no connection is ever shared between two clients' images.
    const agent = new Agent({ connect, maxHeaderSize: maxHeaderBytes, headersTimeout: options.totalTimeoutMs });
    // undici heeds a signal only once it is connected.
    deadline.signal.addEventListener('abort', () => void agent.destroy(), { once: true });
    try {
      return await follow(url, agent, deadline.signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ImageProblem ? error : notFetched(error);
    } finally {
      void agent.destroy();
    }
  };
}

async function follow(start: URL, agent: Agent, signal: AbortSignal): Promise<Buffer> {
  let url = start;
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const response = await request(url, { dispatcher: agent, headers, signal });
    if (response.statusCode === 200) return readBody(response.body, response.headers);
    discard(response);
    if (!redirectStatuses.includes(response.statusCode)) throw new Error(`status ${response.statusCode}`);
    url = nextUrl(url, response);
  }
  throw new Error(`more than ${maxRedirects} redirects`);
}

/** An answer's words: what is wrong with them is not told to the client. */
function nextUrl(from: URL, { headers: { location } }: Dispatcher.ResponseData): URL {
  if (typeof location !== 'string') throw new Error('a redirect without one location');
  const url = new URL(location, from);
  try {
    requireFetchable(url);
  } catch (cause) {
    throw notFetched(cause);
  }
  return url;
}

function discard({ body }: Dispatcher.ResponseData): void {
  body.on('error', () => {}); // It is destroyed on purpose.
  body.destroy();
}
