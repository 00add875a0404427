// The events of a response that runs, or ran, in the background, to one reader: from a number on, up to the end.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClientLeft, whenClosed } from '../request-end.ts';
import { createSseWriter } from '../sse.ts';
import type { Running } from './background.ts';

type Source = Pick<Running, 'events' | 'ended' | 'changed'>;

/** That the reader leaves stops the reading, not the response. */
export async function followEvents(
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  source: Source,
  first: number,
): Promise<FastifyReply> {
  const left = new AbortController();
  whenClosed(request, reply, () => left.abort(new ClientLeft()));
  reply.hijack();
  const writer = createSseWriter(reply.raw, () => reply.getHeaders() as Record<string, string>, left.signal);
  try {
    await pump(source, first, (text) => writer.write(text), left.signal);
    writer.end('');
  } catch (error) {
    if (!(left.signal.reason instanceof ClientLeft)) throw error;
  }
  return reply;
}

async function pump(
  source: Source,
  first: number,
  write: (text: string) => Promise<void> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const events = source.events ?? [];
  for (let next = first; ; ) {
    if (next < events.length) {
      const texts = events.slice(next);
      next = events.length;
      await write(texts.join(''));
    } else if (source.ended) return;
    else await source.changed(signal);
    signal.throwIfAborted();
  }
}
