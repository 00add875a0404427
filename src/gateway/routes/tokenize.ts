// POST /tokenize and POST /detokenize: text ↔ tokens of a model that need not be loaded.
import type { FastifyInstance } from 'fastify';
import type { Tokenizers } from '../../inference/index.ts';
import { detokenizeBodyOf, readDetokenizeRequest, readTokenizeRequest, tokenizeBodyOf } from '../../openai/index.ts';
import type { AnswerOnce } from '../answer-once.ts';

export interface TokenizeRoutesParts {
  readonly tokenizers: Tokenizers;
  readonly answerOnce: AnswerOnce;
}

export function tokenizeRoutes(app: FastifyInstance, { tokenizers, answerOnce }: TokenizeRoutesParts): void {
  app.post('/tokenize', (request, reply) => {
    const { model, input, addSpecial } = readTokenizeRequest(request.body);
    return answerOnce(request, reply, async (signal) =>
      tokenizeBodyOf(await tokenizers.tokenize(model, input, { requestId: request.id, addSpecial, signal })),
    );
  });
  app.post('/detokenize', (request, reply) => {
    const { model, tokenIds } = readDetokenizeRequest(request.body);
    return answerOnce(request, reply, async (signal) =>
      detokenizeBodyOf(await tokenizers.detokenize(model, tokenIds, { requestId: request.id, signal })),
    );
  });
}
