// GET /v1/models and /v1/models/{org}/{name}: the models on this machine, for clients of OpenAI and of Anthropic.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { modelInfo, modelPage, readPageQuery } from '../../anthropic/index.ts';
import type { ModelCard, ModelCards } from '../../models/index.ts';
import { modelBody, writtenAt } from './model-body.ts';

export function modelRoutes(app: FastifyInstance, { cards }: { readonly cards: ModelCards }): void {
  app.get('/v1/models', async (request) => {
    if (!isAnthropic(request)) return { object: 'list', data: (await cards.list()).map(modelBody) };
    const asked = readPageQuery(request.query);
    // Its shape has no word for a model that is not all here.
    const usable = (await cards.list()).filter(({ problem }) => problem === null);
    return modelPage(usable.map(described), asked);
  });
  app.get<{ Params: { '*': string } }>('/v1/models/*', async (request) => {
    const card = await cards.of(request.params['*']);
    return isAnthropic(request) ? modelInfo(described(card)) : modelBody(card);
  });
}

/** Its clients send the header with every request. */
const isAnthropic = ({ headers }: FastifyRequest): boolean => headers['anthropic-version'] !== undefined;

const described = (card: ModelCard) => ({
  id: card.id,
  createdAt: writtenAt(card),
  contextLength: card.facts?.contextLength ?? null,
});
