// /api/chat and /api/generate: Ollama's API. Its list of models is in ollama-models.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ServerError } from '../../core/index.ts';
import type { Catalogue } from '../../models/index.ts';
import {
  createOllamaCodec,
  emptyOllamaAnswer,
  fromOllama,
  type OllamaForm,
  type OllamaRequest,
  readChatRequest,
  readGenerateRequest,
} from '../../ollama/index.ts';
import { type Answering, answerWith, contextOf } from '../answer-route.ts';
import { watchEnd } from '../request-end.ts';
import type { ModelControl } from './model-control.ts';
import { type OllamaEmbedParts, ollamaEmbedRoutes } from './ollama-embed.ts';
import { type OllamaModelParts, ollamaModelRoutes } from './ollama-models.ts';

export interface OllamaRouteParts extends Answering, OllamaModelParts, OllamaEmbedParts {
  readonly control: ModelControl;
  readonly catalogue: Catalogue;
}

const forms = [
  ['chat', readChatRequest],
  ['generate', readGenerateRequest],
] as const;

/** Models come and go by the command line here, not by whoever may ask for an answer. */
const refused = [
  ['POST', '/api/pull', 'Models are fetched by `mlx-inference-server pull MODEL` on the machine of the server.'],
  ['POST', '/api/push', 'Models cannot be pushed from here.'],
  ['POST', '/api/create', 'Models cannot be made here.'],
  ['POST', '/api/copy', 'Models cannot be copied here; an alias in the configuration file gives one a second name.'],
  ['DELETE', '/api/delete', 'Models are removed by `mlx-inference-server rm MODEL` on the machine of the server.'],
] as const;

export function ollamaRoutes(app: FastifyInstance, parts: OllamaRouteParts): void {
  for (const [form, read] of forms) {
    app.post(`/api/${form}`, async (request, reply) => {
      const asked = read(request.body, contextOf(request));
      if (asked.generation === undefined) return loadOrUnload(parts, { request, reply, form, asked });
      if (asked.unload) reply.raw.once('close', () => void unloadIfIdle(parts, asked.model).catch(leaveLoaded));
      const work = { stream: asked.stream, includeUsage: false, generations: [asked.generation] };
      return answerWith(parts, { request, reply, work, codec: createOllamaCodec(form, asked.model) });
    });
  }
  for (const [method, url, text] of refused) {
    app.route({
      method,
      url,
      handler: async () => {
        throw new ServerError('invalid_request', text);
      },
    });
  }
  ollamaEmbedRoutes(app, parts);
  ollamaModelRoutes(app, parts);
}

interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly form: OllamaForm;
  readonly asked: OllamaRequest;
}

async function loadOrUnload(parts: OllamaRouteParts, { request, reply, form, asked }: Asked): Promise<object> {
  const name = fromOllama(asked.model);
  if (asked.unload) await parts.control.unload(name);
  else await parts.control.load(name, watchEnd(request, reply, parts.live).controller.signal);
  return emptyOllamaAnswer(form, asked.model, asked.unload ? 'unload' : 'load');
}

/** Nobody waits for it any longer; what it could not do, the idle timeout will. */
const leaveLoaded = (): void => {};

/** Others may be using it: then it stays, as it does with Ollama. */
async function unloadIfIdle({ control, catalogue, workers }: OllamaRouteParts, name: string): Promise<void> {
  const { id } = await catalogue.resolve(fromOllama(name));
  const isUsed = workers().some(({ model, running }) => model === id && running > 0);
  if (!isUsed) await control.unload(id);
}
