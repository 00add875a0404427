// /api/embed and /api/embeddings: vectors through Ollama's API.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Embed } from '../../inference/index.ts';
import {
  embedBodyOf,
  type OllamaEmbedRequest,
  oldEmbedBodyOf,
  readEmbedRequest,
  readOldEmbedRequest,
} from '../../ollama/index.ts';
import { createAnswerOnce } from '../answer-once.ts';
import type { LiveRequests } from '../live-requests.ts';
import { clientOf } from '../rate-limit.ts';
import { priorityOf } from '../request-context.ts';

export interface OllamaEmbedParts {
  readonly embed: Embed;
  readonly live: LiveRequests;
}

export function ollamaEmbedRoutes(app: FastifyInstance, { embed, live }: OllamaEmbedParts): void {
  const answerOnce = createAnswerOnce(live);
  const vectors = (request: FastifyRequest, order: OllamaEmbedRequest, signal: AbortSignal) => {
    const about = { requestId: request.id, priority: priorityOf(request), client: clientOf(request), signal };
    return embed(order.model, order.inputs, about);
  };
  app.post('/api/embed', (request, reply) => {
    const order = readEmbedRequest(request.body);
    return answerOnce(request, reply, async (signal) =>
      embedBodyOf(order, await vectors(request, order, signal), performance.now() - request.arrivedMs),
    );
  });
  app.post('/api/embeddings', (request, reply) => {
    const order = readOldEmbedRequest(request.body);
    return answerOnce(request, reply, async (signal) => oldEmbedBodyOf(order, await vectors(request, order, signal)));
  });
}
