// GET /admin/events: the server's status, then everything observable as it happens. Token by token is too much for it.
import type { FastifyInstance } from 'fastify';
import type { ServerEvent } from '../../core/index.ts';
import { ClientLeft } from '../request-end.ts';
import { createSseWriter } from '../sse.ts';

export interface EventRouteParts {
  readonly status: () => object;
  /** Calls the listener with every event; returns how to stop that. */
  readonly listen: (listener: (event: ServerEvent) => void) => () => void;
}

/** What waits for a slow reader; past it he misses events, and is told how many. */
const maxBufferedBytes = 256 * 1024;

export function eventRoutes(app: FastifyInstance, { status, listen }: EventRouteParts): void {
  app.get('/admin/events', (_, reply) => {
    const left = new AbortController();
    const writer = createSseWriter(reply.raw, () => reply.getHeaders() as Record<string, string>, left.signal);
    reply.hijack();
    writer.open(); // For its headers and its keep-alive; events do not wait for a reader, so they are written past it.
    const write = (name: string, data: object): void => {
      reply.raw.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    let missed = 0;
    write('status', status());
    const stop = listen((event) => {
      if (event.type === 'tokens-generated' || left.signal.aborted) return;
      if (reply.raw.writableLength > maxBufferedBytes) {
        missed += 1;
        return;
      }
      if (missed > 0) write('missed', { events: missed });
      missed = 0;
      write(event.type, shown(event));
    });
    reply.raw.once('close', () => {
      stop();
      left.abort(new ClientLeft());
    });
  });
}

/** Causes are for the log: they may hold paths of this machine. */
function shown(event: ServerEvent): object {
  if (event.type !== 'request-finished') return event;
  const { cause: _, ...rest } = event;
  return rest;
}
