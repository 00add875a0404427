// GET /v1/models and /v1/models/{org}/{name}: what could answer on this machine.
import type { FastifyInstance } from 'fastify';
import type { Catalogue, Model } from '../../models/index.ts';

const modelBody = ({ id, createdSeconds }: Model) => ({
  id,
  object: 'model',
  created: createdSeconds,
  owned_by: id.split('/', 1)[0],
});

export function modelRoutes(app: FastifyInstance, { catalogue }: { readonly catalogue: Catalogue }): void {
  app.get('/v1/models', async () => ({ object: 'list', data: (await catalogue.list()).map(modelBody) }));
  app.get<{ Params: { '*': string } }>('/v1/models/*', async ({ params }) => {
    return modelBody(await catalogue.resolve(params['*']));
  });
}
