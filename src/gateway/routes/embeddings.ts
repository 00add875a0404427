// POST /v1/embeddings, and POST /v1/rerank, which is their cosine.
import type { FastifyInstance } from 'fastify';
import type { Embed } from '../../inference/index.ts';
import { embeddingBodyOf, readEmbeddingRequest, readRerankRequest, rerankBodyOf } from '../../openai/index.ts';
import type { AnswerOnce } from '../answer-once.ts';
import { clientOf } from '../rate-limit.ts';
import { priorityOf } from '../request-context.ts';

export interface EmbeddingRoutesParts {
  readonly embed: Embed;
  readonly answerOnce: AnswerOnce;
}

export function embeddingRoutes(app: FastifyInstance, { embed, answerOnce }: EmbeddingRoutesParts): void {
  app.post('/v1/embeddings', (request, reply) => {
    const order = readEmbeddingRequest(request.body);
    const about = { requestId: request.id, priority: priorityOf(request), client: clientOf(request) };
    return answerOnce(request, reply, async (signal) =>
      embeddingBodyOf(order, await embed(order.model, order.inputs, { ...about, signal })),
    );
  });
  app.post('/v1/rerank', (request, reply) => {
    const order = readRerankRequest(request.body);
    const about = { requestId: request.id, priority: priorityOf(request), client: clientOf(request) };
    return answerOnce(request, reply, async (signal) =>
      rerankBodyOf(order, await embed(order.model, [order.query, ...order.documents], { ...about, signal })),
    );
  });
}
