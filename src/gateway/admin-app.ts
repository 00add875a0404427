// The admin port.
import type { FastifyInstance } from 'fastify';
import { type AppParts, newApp } from './new-app.ts';
import { type ModelControl, modelControlRoutes } from './routes/model-control.ts';

export interface AdminAppParts extends AppParts {
  /** The body of GET /admin/status. */
  readonly status: () => object;
  readonly control: ModelControl;
}

export function createAdminApp({ status, control, ...shared }: AdminAppParts): FastifyInstance {
  const app = newApp(shared);
  app.get('/admin/health', async () => ({ status: 'ok' }));
  app.get('/admin/status', async () => status());
  modelControlRoutes(app, control);
  return app;
}
