// What models there are, in Ollama's words: /api/tags, /api/show, /api/ps; and that a server is here at all.
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ServerError } from '../../core/index.ts';
import type { ModelCard, ModelCards, ModelFacts } from '../../models/index.ts';
import { fromOllama, parameterSize, toOllama } from '../../ollama/index.ts';
import { parseBody } from '../../openai/index.ts';
import { writtenAt } from './model-body.ts';

/** What is known of a worker that has not ended. */
export interface WorkerView {
  readonly model: string;
  readonly running: number;
  readonly ready: { readonly memoryBytes: number; readonly contextLength: number } | null;
}

export interface OllamaModelParts {
  readonly version: string;
  readonly cards: ModelCards;
  readonly workers: () => readonly WorkerView[];
}

const name = z.string().min(1).max(10_240).optional();
/** `name` is what `model` was called before. */
export const showBody = z
  .object({ model: name, name })
  .refine((body) => body.model !== undefined || body.name !== undefined, { message: 'is missing', path: ['model'] });

export function ollamaModelRoutes(app: FastifyInstance, { version, cards, workers }: OllamaModelParts): void {
  app.get('/', async (_, reply) => reply.type('text/plain; charset=utf-8').send('Ollama is running'));
  app.head('/', async (_, reply) => reply.send());
  app.get('/api/version', async () => ({ version }));
  app.get('/api/tags', async () => {
    const usable = (await cards.list()).filter(({ problem }) => problem === null);
    return { models: usable.map(modelBody) };
  });
  app.get('/api/ps', async () => {
    const loaded = workers().filter(({ ready }) => ready !== null);
    return { models: await Promise.all(loaded.map((worker) => runningBody(cards, worker))) };
  });
  app.post('/api/show', async (request) => {
    const asked = parseBody(showBody, request.body);
    return showBodyOf(await cards.of(fromOllama((asked.model ?? asked.name)!)));
  });
}

const detailsOf = ({ model, facts }: ModelCard) => ({
  parent_model: '',
  format: model?.engine === 'llama' ? 'gguf' : 'safetensors',
  family: facts?.architecture ?? '',
  families: facts === null ? [] : [facts.architecture],
  parameter_size: parameterSize(facts?.parameters ?? null),
  quantization_level: facts?.quantization ?? '',
});

/** The digest tells one state of a model from another; it is not that of its bytes, which may be many gigabytes. */
const modelBody = (card: ModelCard) => ({
  name: toOllama(card.id),
  model: toOllama(card.id),
  modified_at: writtenAt(card),
  size: card.model?.weightBytes ?? 0,
  digest: createHash('sha256')
    .update(`${card.id} ${card.model?.weightBytes} ${card.model?.createdSeconds}`)
    .digest('hex'),
  details: detailsOf(card),
});

async function runningBody(cards: ModelCards, { model: id, ready }: WorkerView): Promise<object> {
  const { modified_at: _, ...body } = modelBody(await cards.of(id));
  return {
    ...body,
    // It is unloaded when it has been out of use for long enough, which is not known ahead.
    expires_at: '0001-01-01T00:00:00Z',
    size_vram: ready!.memoryBytes,
    context_length: ready!.contextLength,
  };
}

function showBodyOf(card: ModelCard): object {
  const { capabilities: can, facts, problem } = card;
  if (can === null || facts === null) {
    throw new ServerError('model_unsupported', problem ?? 'Its files cannot be read.', { param: 'model' });
  }
  const kinds = { completion: can.text, vision: can.vision, tools: can.tools, embedding: can.embeddings };
  return {
    modelfile: '',
    parameters: '',
    template: '',
    details: detailsOf(card),
    model_info: modelInfoOf(facts),
    capabilities: Object.entries(kinds).flatMap(([kind, has]) => (has ? [kind] : [])),
    modified_at: writtenAt(card),
  };
}

/** In the words of a GGUF header, whatever the format. */
function modelInfoOf(facts: ModelFacts): object {
  const said = {
    'general.architecture': facts.architecture,
    'general.parameter_count': facts.parameters,
    [`${facts.architecture}.context_length`]: facts.contextLength,
    [`${facts.architecture}.block_count`]: facts.layers,
    [`${facts.architecture}.embedding_length`]: facts.hiddenSize,
    [`${facts.architecture}.attention.head_count_kv`]: facts.kvHeads,
    [`${facts.architecture}.vocab_size`]: facts.vocabularySize,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
}
