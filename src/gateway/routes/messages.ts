// POST /v1/messages and /v1/messages/count_tokens: Anthropic's API.
import type { FastifyInstance } from 'fastify';
import { messageCodec, readCountRequest, readMessagesRequest } from '../../anthropic/index.ts';
import type { Tokenizers } from '../../inference/index.ts';
import { type Answering, answerHandler } from '../answer-route.ts';
import { watchEnd } from '../request-end.ts';

export interface MessageRouteParts extends Answering {
  readonly tokenizers: Pick<Tokenizers, 'countTokens'>;
}

export function messageRoutes(app: FastifyInstance, { generate, live, tokenizers }: MessageRouteParts): void {
  app.post('/v1/messages', answerHandler({ generate, live, read: readMessagesRequest, codec: messageCodec }));
  app.post('/v1/messages/count_tokens', async (request, reply) => {
    const { model, chat } = readCountRequest(request.body);
    const { signal } = watchEnd(request, reply, live).controller;
    return {
      input_tokens: await tokenizers.countTokens(model, chat, { requestId: request.id, signal }),
    };
  });
}
