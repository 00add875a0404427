// The main port.
import type { FastifyInstance } from 'fastify';
import type { Embed, Generate, Tokenizers } from '../inference/index.ts';
import type { Catalogue, ModelCards } from '../models/index.ts';
import { chatCodec, completionCodec, readChatRequest, readCompletionRequest } from '../openai/index.ts';
import { createAnswerOnce } from './answer-once.ts';
import { answerHandler } from './answer-route.ts';
import type { LiveRequests } from './live-requests.ts';
import { type AppParts, newApp } from './new-app.ts';
import { installRateLimit, type RateLimitOptions } from './rate-limit.ts';
import { createBackground } from './responses/background.ts';
import { createKeptResponses, type KeptResponsesParts } from './responses/kept-responses.ts';
import { documentationRoutes } from './routes/documentation.ts';
import { embeddingRoutes } from './routes/embeddings.ts';
import { healthRoutes } from './routes/health.ts';
import { messageRoutes } from './routes/messages.ts';
import type { ModelControl } from './routes/model-control.ts';
import { modelRoutes } from './routes/models.ts';
import { ollamaRoutes } from './routes/ollama.ts';
import type { WorkerView } from './routes/ollama-models.ts';
import { responseRoutes } from './routes/responses.ts';
import { tokenizeRoutes } from './routes/tokenize.ts';

export interface ApiAppParts extends AppParts {
  readonly version: string;
  readonly generate: Generate;
  readonly tokenizers: Tokenizers;
  readonly embed: Embed;
  readonly responses: KeptResponsesParts;
  readonly control: ModelControl;
  /** Workers that have not ended. */
  readonly workers: () => readonly WorkerView[];
  readonly live: LiveRequests;
  readonly catalogue: Catalogue;
  readonly cards: ModelCards;
  readonly unready: () => readonly string[];
  /** What works less well than it should, while requests are served. */
  readonly degraded: () => readonly string[];
  /** Null: clients may ask as often as they like. */
  readonly rateLimit: () => RateLimitOptions | null;
}

export function createApiApp(parts: ApiAppParts): FastifyInstance {
  const { generate, live } = parts;
  const app = newApp(parts);
  installRateLimit(app, parts);
  healthRoutes(app, parts);
  modelRoutes(app, parts);
  const answerOnce = createAnswerOnce(live);
  tokenizeRoutes(app, { ...parts, answerOnce });
  embeddingRoutes(app, { ...parts, answerOnce });
  app.post('/v1/chat/completions', answerHandler({ generate, live, read: readChatRequest, codec: chatCodec }));
  app.post('/v1/completions', answerHandler({ generate, live, read: readCompletionRequest, codec: completionCodec }));
  messageRoutes(app, parts);
  ollamaRoutes(app, parts);
  const kept = createKeptResponses(parts.responses);
  const background = createBackground({ generate, live, kept });
  responseRoutes(app, { ...parts, kept, background });
  app.addHook('onClose', async () => {
    await background.close();
    parts.responses.store[Symbol.dispose]();
  });
  documentationRoutes(app, parts);
  return app;
}
