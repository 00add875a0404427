// POST /admin/load and /admin/unload: models loaded ahead of a request, and unloaded by hand.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ServerError } from '../../core/index.ts';
import { ClientLeft, whenClosed } from '../request-end.ts';

export interface ModelControl {
  /** Resolves once the model is loaded. */
  load(model: string | undefined, signal: AbortSignal): Promise<{ readonly model: string; readonly loadMs: number }>;
  /** Ends the worker of `model`, or every worker when undefined; running answers go on in a new one. */
  unload(model: string | undefined): Promise<readonly string[]>;
}

const body = z.object({ model: z.string().max(256).optional() }).nullish();

function modelIn(value: unknown): string | undefined {
  const parsed = body.safeParse(value);
  if (parsed.success) return parsed.data?.model;
  throw new ServerError('invalid_request', 'The body is {"model": "org/name"}.', { param: 'model' });
}

export function modelControlRoutes(app: FastifyInstance, control: ModelControl): void {
  app.post('/admin/load', async (request, reply) => {
    const model = modelIn(request.body);
    if (model === undefined) throw new ServerError('invalid_request', 'Name the model to load.', { param: 'model' });
    const left = new AbortController();
    whenClosed(request, reply, () => left.abort(new ClientLeft()));
    return control.load(model, left.signal);
  });
  app.post('/admin/unload', async (request) => ({ unloaded: await control.unload(modelIn(request.body)) }));
}
