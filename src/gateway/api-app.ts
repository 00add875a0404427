// The main port.
import type { FastifyInstance } from 'fastify';
import type { EmitServerEvent } from '../core/index.ts';
import type { Generate } from '../inference/index.ts';
import type { Catalogue } from '../models/index.ts';
import { chatCodec, completionCodec, readChatRequest, readCompletionRequest } from '../openai/index.ts';
import { answerHandler } from './answer-route.ts';
import { newApp } from './new-app.ts';
import { healthRoutes } from './routes/health.ts';
import { modelRoutes } from './routes/models.ts';

export interface ApiAppParts {
  readonly version: string;
  readonly generate: Generate;
  readonly catalogue: Catalogue;
  readonly unready: () => readonly string[];
  /** What works less well than it should, while requests are served. */
  readonly degraded: () => readonly string[];
  readonly emit: EmitServerEvent;
}

export function createApiApp(parts: ApiAppParts): FastifyInstance {
  const { generate } = parts;
  const app = newApp(parts.emit);
  healthRoutes(app, parts);
  modelRoutes(app, parts);
  app.post('/v1/chat/completions', answerHandler({ generate, read: readChatRequest, codec: chatCodec }));
  app.post('/v1/completions', answerHandler({ generate, read: readCompletionRequest, codec: completionCodec }));
  return app;
}
