// GET /health, /ready, /version: whether the process works, whether it takes new work, what it is.
import type { FastifyInstance } from 'fastify';

export interface HealthRouteParts {
  readonly version: string;
  /** Reasons not to take new work; empty when ready. */
  readonly unready: () => readonly string[];
  /** What works less well than it should, while requests are served. */
  readonly degraded: () => readonly string[];
}

export function healthRoutes(app: FastifyInstance, { version, unready, degraded }: HealthRouteParts): void {
  app.get('/health', async () => ({ status: 'ok' }));
  app.get('/version', async () => ({ version }));
  app.get('/ready', async (_, reply) => {
    const reasons = unready();
    const ready = reasons.length === 0;
    return reply
      .status(ready ? 200 : 503)
      .send({ status: ready ? 'ready' : 'not ready', reasons, degraded: degraded() });
  });
}
