// The main port.
import type { FastifyInstance } from 'fastify';
import type { Embed, Generate, Tokenizers } from '../inference/index.ts';
import type { Catalogue } from '../models/index.ts';
import { chatCodec, completionCodec, readChatRequest, readCompletionRequest } from '../openai/index.ts';
import { createAnswerOnce } from './answer-once.ts';
import { answerHandler } from './answer-route.ts';
import type { LiveRequests } from './live-requests.ts';
import { type AppParts, newApp } from './new-app.ts';
import { installRateLimit, type RateLimitOptions } from './rate-limit.ts';
import { embeddingRoutes } from './routes/embeddings.ts';
import { healthRoutes } from './routes/health.ts';
import { modelRoutes } from './routes/models.ts';
import { tokenizeRoutes } from './routes/tokenize.ts';

export interface ApiAppParts extends AppParts {
  readonly version: string;
  readonly generate: Generate;
  readonly tokenizers: Tokenizers;
  readonly embed: Embed;
  readonly live: LiveRequests;
  readonly catalogue: Catalogue;
  readonly unready: () => readonly string[];
  /** What works less well than it should, while requests are served. */
  readonly degraded: () => readonly string[];
  /** Null: clients may ask as often as they like. */
  readonly rateLimit: RateLimitOptions | null;
}

export function createApiApp(parts: ApiAppParts): FastifyInstance {
  const { generate, live } = parts;
  const app = newApp(parts);
  if (parts.rateLimit !== null) installRateLimit(app, { ...parts.rateLimit, emit: parts.emit });
  healthRoutes(app, parts);
  modelRoutes(app, parts);
  const answerOnce = createAnswerOnce(live);
  tokenizeRoutes(app, { ...parts, answerOnce });
  embeddingRoutes(app, { ...parts, answerOnce });
  app.post('/v1/chat/completions', answerHandler({ generate, live, read: readChatRequest, codec: chatCodec }));
  app.post('/v1/completions', answerHandler({ generate, live, read: readCompletionRequest, codec: completionCodec }));
  return app;
}
