// GET /metrics: for Prometheus.
import type { FastifyInstance } from 'fastify';

export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}

export function metricsRoute(app: FastifyInstance, metrics: MetricsText): void {
  app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}
