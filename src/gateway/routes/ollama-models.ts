// What models there are, in Ollama's words: /api/tags, /api/show, /api/ps; and that a server is here at all.
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Catalogue, type Model, readCapabilities } from '../../models/index.ts';
import { fromOllama, toOllama } from '../../ollama/index.ts';
import { parseBody } from '../../openai/index.ts';

/** What is known of a worker that has not ended. */
export interface WorkerView {
  readonly model: string;
  readonly running: number;
  readonly ready: { readonly memoryBytes: number; readonly contextLength: number } | null;
}

export interface OllamaModelParts {
  readonly version: string;
  readonly catalogue: Catalogue;
  readonly workers: () => readonly WorkerView[];
}

const name = z.string().min(1).max(10_240).optional();
/** `name` is what `model` was called before. */
export const showBody = z
  .object({ model: name, name })
  .refine((body) => body.model !== undefined || body.name !== undefined, { message: 'is missing', path: ['model'] });

export function ollamaModelRoutes(app: FastifyInstance, { version, catalogue, workers }: OllamaModelParts): void {
  app.get('/', async (_, reply) => reply.type('text/plain; charset=utf-8').send('Ollama is running'));
  app.head('/', async (_, reply) => reply.send());
  app.get('/api/version', async () => ({ version }));
  app.get('/api/tags', async () => ({ models: (await catalogue.list()).map(modelBody) }));
  app.get('/api/ps', async () => {
    const loaded = workers().filter(({ ready }) => ready !== null);
    return { models: await Promise.all(loaded.map((worker) => runningBody(catalogue, worker))) };
  });
  app.post('/api/show', async (request) => {
    const asked = parseBody(showBody, request.body);
    return showBodyOf(await catalogue.resolve(fromOllama((asked.model ?? asked.name)!)));
  });
}

const detailsOf = ({ engine }: Model) => ({
  parent_model: '',
  format: engine === 'llama' ? 'gguf' : 'safetensors',
  family: '',
  families: [],
  parameter_size: '',
  quantization_level: '',
});

/** The digest tells one state of a model from another; it is not that of its bytes, which may be many gigabytes. */
const modelBody = (model: Model) => ({
  name: toOllama(model.id),
  model: toOllama(model.id),
  modified_at: new Date(model.createdSeconds * 1000).toISOString(),
  size: model.weightBytes,
  digest: createHash('sha256').update(`${model.id} ${model.weightBytes} ${model.createdSeconds}`).digest('hex'),
  details: detailsOf(model),
});

async function runningBody(catalogue: Catalogue, { model: id, ready }: WorkerView): Promise<object> {
  const { modified_at: _, ...body } = modelBody(await catalogue.resolve(id));
  return {
    ...body,
    // It is unloaded when it has been out of use for long enough, which is not known ahead.
    expires_at: '0001-01-01T00:00:00Z',
    size_vram: ready!.memoryBytes,
    context_length: ready!.contextLength,
  };
}

async function showBodyOf(model: Model): Promise<object> {
  const can = await readCapabilities(model);
  const kinds = { completion: can.text, vision: can.vision, tools: can.tools, embedding: can.embeddings };
  const family = model.engine;
  return {
    modelfile: '',
    parameters: '',
    template: '',
    details: detailsOf(model),
    model_info: {
      'general.architecture': family,
      ...(can.contextLength === null ? {} : { [`${family}.context_length`]: can.contextLength }),
    },
    capabilities: Object.entries(kinds).flatMap(([kind, has]) => (has ? [kind] : [])),
    modified_at: new Date(model.createdSeconds * 1000).toISOString(),
  };
}
