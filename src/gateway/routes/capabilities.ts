// GET /admin/capabilities?model=: what a model of this machine can do.
import type { FastifyInstance } from 'fastify';
import { type Catalogue, readCapabilities } from '../../models/index.ts';

export function capabilityRoute(app: FastifyInstance, catalogue: Catalogue): void {
  app.get<{ Querystring: { model?: string | string[] } }>('/admin/capabilities', async ({ query }) => {
    const name = [query.model].flat()[0];
    return readCapabilities(await catalogue.resolve(name === '' ? undefined : name));
  });
}
