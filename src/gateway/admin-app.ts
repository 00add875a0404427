// The admin port.
import type { FastifyInstance } from 'fastify';
import type { EmitServerEvent } from '../core/index.ts';
import { newApp } from './new-app.ts';
import { type ModelControl, modelControlRoutes } from './routes/model-control.ts';

export interface AdminAppParts {
  /** The body of GET /admin/status. */
  readonly status: () => object;
  readonly control: ModelControl;
  readonly emit: EmitServerEvent;
}

export function createAdminApp({ status, control, emit }: AdminAppParts): FastifyInstance {
  const app = newApp(emit);
  app.get('/admin/health', async () => ({ status: 'ok' }));
  app.get('/admin/status', async () => status());
  modelControlRoutes(app, control);
  return app;
}
