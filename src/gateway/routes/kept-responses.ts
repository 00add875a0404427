// What can be done with a response that exists: read it, read it as a stream from a number on, list what it was asked,
// cancel it, delete it.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ServerError } from '../../core/index.ts';
import { parseBody } from '../../openai/index.ts';
import type { Background } from '../responses/background.ts';
import { followEvents } from '../responses/follow.ts';
import { holderOf } from '../responses/holder.ts';
import type { KeptResponses } from '../responses/kept-responses.ts';

interface Parts {
  readonly kept: KeptResponses;
  readonly background: Background;
}

const number = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number')
  .transform(Number);
const readQuery = z.object({ stream: z.enum(['true', 'false']).optional(), starting_after: number.optional() });
const listQuery = z.object({
  limit: number.pipe(z.int().min(1).max(100)).optional(),
  order: z.enum(['asc', 'desc']).optional(),
  after: z.string().max(256).optional(),
});

type WithId = FastifyRequest<{ Params: { id: string } }>;

export function keptResponseRoutes(app: FastifyInstance, { kept, background }: Parts): void {
  app.get('/v1/responses/:id', async (request: WithId, reply) => {
    const { stream, starting_after: after = -1 } = parseBody(readQuery, request.query);
    const { id } = request.params;
    const running = background.find(id, holderOf(request));
    if (stream !== 'true') return running?.body() ?? (await kept.find(id, holderOf(request))).body;
    const source = running ?? { ...(await kept.find(id, holderOf(request))), ended: true, changed: async () => {} };
    if (source.events === null) {
      const text = 'Only a response that was made with "background" and "stream" can be read as a stream again.';
      throw new ServerError('invalid_request', text, { param: 'stream' });
    }
    return followEvents({ request, reply }, source, after + 1);
  });
  app.delete('/v1/responses/:id', async (request: WithId) => {
    const { id } = request.params;
    await background.cancel(id, holderOf(request));
    await kept.find(id, holderOf(request));
    kept.remove(id, holderOf(request));
    return { id, object: 'response', deleted: true };
  });
  app.post('/v1/responses/:id/cancel', async (request: WithId) => {
    const { id } = request.params;
    const cancelled = await background.cancel(id, holderOf(request));
    if (cancelled !== undefined) return cancelled;
    const { body } = await kept.find(id, holderOf(request));
    if (body.background !== true) {
      throw new ServerError('invalid_request', 'Only a response that was made with "background" can be cancelled.');
    }
    return body;
  });
  app.get('/v1/responses/:id/input_items', async (request: WithId) => {
    const { limit = 20, order = 'desc', after } = parseBody(listQuery, request.query);
    const { input } = await kept.find(request.params.id, holderOf(request));
    const items = order === 'asc' ? input : [...input].reverse();
    const start = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1;
    if (after !== undefined && start === 0) {
      throw new ServerError('invalid_request', 'There is no such item to go on after.', { param: 'after' });
    }
    const data = items.slice(start, start + limit);
    const has_more = start + limit < items.length;
    return { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more };
  });
}
