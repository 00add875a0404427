// POST /admin/reload: the configuration file is read again.
import type { FastifyInstance } from 'fastify';
import type { ReloadResult } from '../../config/index.ts';

/** @throws ServerError `invalid_request` with every problem of a file that cannot be used; nothing has changed then. */
export type Reload = () => ReloadResult;

export function reloadRoute(app: FastifyInstance, reload: Reload): void {
  app.post('/admin/reload', async () => reload());
}
