// GET /admin/status: the server as it is now, and what its loaded models are.
import type { FastifyInstance } from 'fastify';
import { ServerError } from '../../core/index.ts';
import type { ModelCards } from '../../models/index.ts';
import { modelBody } from './model-body.ts';

export interface StatusRouteParts {
  readonly status: () => object;
  /** Names of the models whose workers have not ended. */
  readonly loadedModels: () => readonly string[];
  readonly cards: ModelCards;
}

export function statusRoute(app: FastifyInstance, { status, loadedModels, cards }: StatusRouteParts): void {
  app.get('/admin/status', async () => {
    const models = await Promise.all([...new Set(loadedModels())].map((id) => cards.of(id).then(modelBody, ofNone)));
    return { ...status(), models: models.flat() };
  });
}

/** Its files have gone since, or cannot be looked at now: its worker is in the list of workers all the same. */
function ofNone(error: unknown): never[] {
  if (error instanceof ServerError) return [];
  throw error;
}
