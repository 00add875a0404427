// GET /admin/capabilities?model=: what a model of this machine can do, and what it is.
import type { FastifyInstance } from 'fastify';
import { ServerError } from '../../core/index.ts';
import type { ModelCards } from '../../models/index.ts';

export function capabilityRoute(app: FastifyInstance, cards: ModelCards): void {
  app.get<{ Querystring: { model?: string | string[] } }>('/admin/capabilities', async ({ query }) => {
    const name = [query.model].flat()[0];
    const { capabilities, facts, problem } = await cards.of(name === '' ? undefined : name);
    if (capabilities === null || facts === null) {
      throw new ServerError('model_unsupported', problem ?? 'Its files cannot be read.', { param: 'model' });
    }
    const { architecture, parameters, quantization } = facts;
    return { ...capabilities, architecture, parameters, quantization, complete: problem === null, problem };
  });
}
