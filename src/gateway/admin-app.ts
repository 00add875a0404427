// The admin port.
import type { FastifyInstance } from 'fastify';
import type { ModelCards, Puller } from '../models/index.ts';
import { type AppParts, newApp } from './new-app.ts';
import { capabilityRoute } from './routes/capabilities.ts';
import { type EventRouteParts, eventRoutes } from './routes/events.ts';
import { type MetricsText, metricsRoute } from './routes/metrics.ts';
import { type ModelControl, modelControlRoutes } from './routes/model-control.ts';
import { pullRoute } from './routes/pull.ts';
import { type Reload, reloadRoute } from './routes/reload.ts';
import { type RequestRouteParts, requestRoutes } from './routes/requests.ts';
import { type StatusRouteParts, statusRoute } from './routes/status.ts';

export interface AdminAppParts extends AppParts, EventRouteParts, RequestRouteParts, StatusRouteParts {
  readonly control: ModelControl;
  readonly cards: ModelCards;
  readonly puller: Puller;
  readonly metrics: MetricsText;
  readonly reload: Reload;
}

export function createAdminApp(parts: AdminAppParts): FastifyInstance {
  const app = newApp(parts);
  app.get('/admin/health', async () => ({ status: 'ok' }));
  statusRoute(app, parts);
  modelControlRoutes(app, parts.control);
  requestRoutes(app, parts);
  eventRoutes(app, parts);
  pullRoute(app, parts.puller);
  capabilityRoute(app, parts.cards);
  metricsRoute(app, parts.metrics);
  reloadRoute(app, parts.reload);
  return app;
}
