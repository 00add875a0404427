// The admin port.
import type { FastifyInstance } from 'fastify';
import type { EmitServerEvent } from '../core/index.ts';
import { newApp } from './new-app.ts';

export interface AdminAppParts {
  /** The body of GET /admin/status. */
  readonly status: () => object;
  readonly emit: EmitServerEvent;
}

export function createAdminApp({ status, emit }: AdminAppParts): FastifyInstance {
  const app = newApp(emit);
  app.get('/admin/health', async () => ({ status: 'ok' }));
  app.get('/admin/status', async () => status());
  return app;
}
