// GET /admin/requests and /admin/queue, POST /admin/requests/{id}/cancel: who is served, who waits, and an end to it.
import type { FastifyInstance } from 'fastify';
import { ServerError } from '../../core/index.ts';
import type { LiveRequests } from '../live-requests.ts';

export interface RequestRouteParts {
  /** The bodies of the two lists. */
  readonly requests: () => object;
  readonly queue: () => object;
  readonly live: LiveRequests;
}

export function requestRoutes(app: FastifyInstance, { requests, queue, live }: RequestRouteParts): void {
  app.get('/admin/requests', async () => requests());
  app.get('/admin/queue', async () => queue());
  app.post<{ Params: { id: string } }>('/admin/requests/:id/cancel', async ({ params }) => {
    if (live.cancel(params.id)) return { cancelled: params.id };
    throw new ServerError('not_found', 'No request with this id runs or waits; GET /admin/requests lists them.');
  });
}
