// POST /admin/pull: downloads a model, telling its progress as server-sent events.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { requireModelId, ServerError } from '../../core/index.ts';
import type { Puller } from '../../models/index.ts';
import { errorBody } from '../../openai/index.ts';
import { normaliseError } from '../errors.ts';
import { ClientLeft, whenClosed } from '../request-end.ts';
import { createSseWriter } from '../sse.ts';

const body = z.object({ model: z.string().max(256) });
const progressEveryMs = 250;

export function pullRoute(app: FastifyInstance, puller: Puller): void {
  app.post('/admin/pull', async (request, reply) => {
    const parsed = body.safeParse(request.body);
    if (!parsed.success)
      throw new ServerError('invalid_request', 'The body is {"model": "org/name"}.', { param: 'model' });
    const { model } = parsed.data;
    requireModelId(model);
    const left = new AbortController();
    whenClosed(request, reply, () => left.abort(new ClientLeft()));
    const writer = createSseWriter(reply.raw, () => reply.getHeaders() as Record<string, string>, left.signal);
    const write = (name: string, data: object): void => {
      // A reader who is behind misses steps, not the end.
      if (!left.signal.aborted && !reply.raw.writableNeedDrain) void writer.write(sse(name, data));
    };
    let toldMs = Number.NEGATIVE_INFINITY;
    try {
      await puller.pull(model, {
        onProgress: (progress) => {
          if (performance.now() - toldMs < progressEveryMs && progress.doneBytes < progress.totalBytes) return;
          toldMs = performance.now();
          write('progress', { model, ...progress });
        },
        onWait: () => write('waiting', { model }),
        signal: left.signal,
      });
      reply.hijack();
      writer.end(sse('done', { model }));
    } catch (error) {
      if (left.signal.aborted) return reply.hijack();
      if (!writer.opened) throw error;
      reply.hijack();
      request.failure = normaliseError(error);
      writer.end(sse('error', errorBody(request.failure)));
    }
    return reply;
  });
}

const sse = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
