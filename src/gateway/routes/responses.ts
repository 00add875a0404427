// /v1/responses: answers that are kept, also ones that nobody waits for.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ServerError } from '../../core/index.ts';
import type { Catalogue } from '../../models/index.ts';
import {
  createResponseCodec,
  type Item,
  type ResponsesRequest,
  readResponsesRequest,
  responseIdPrefix,
} from '../../openai/index.ts';
import { type Answering, answerWith, contextOf } from '../answer-route.ts';
import { clientOf } from '../rate-limit.ts';
import type { Background } from '../responses/background.ts';
import { followEvents } from '../responses/follow.ts';
import { holderOf } from '../responses/holder.ts';
import type { KeptResponses } from '../responses/kept-responses.ts';
import { keptResponseRoutes } from './kept-responses.ts';

export interface ResponseRouteParts extends Answering {
  readonly catalogue: Catalogue;
  readonly kept: KeptResponses;
  readonly background: Background;
}

/** More is answered, but not kept. */
const maxKeptCharacters = 1.5 * 1024 * 1024;

export function responseRoutes(app: FastifyInstance, parts: ResponseRouteParts): void {
  const { kept } = parts;
  app.post('/v1/responses', async (request, reply) => {
    const read = readResponsesRequest(request.body, contextOf(request));
    const holder = holderOf(request);
    const { before, added } = await kept.conversation(read, holder);
    const asked = withinBounds(read, added);
    if (asked.background) return startInBackground(parts, { request, reply, asked, before, added, holder });
    const codec = createResponseCodec({
      spec: asked.spec,
      onEnd: (body) => {
        if (!asked.store) return;
        kept.save({ body, input: added, previousId: asked.previousId ?? null, events: null, holder, isRunning: false });
      },
    });
    const generations = [asked.generation([...before, ...added])];
    return answerWith(parts, {
      request,
      reply,
      codec,
      work: { stream: asked.stream, includeUsage: false, generations },
    });
  });
  keptResponseRoutes(app, parts);
}

/** What is too large to be kept is told to be `"store": false`. @throws ServerError `invalid_request` in the background */
function withinBounds(asked: ResponsesRequest, added: readonly Item[]): ResponsesRequest {
  if (!asked.store || charactersIn([added, asked.spec.echo]) <= maxKeptCharacters) return asked;
  if (asked.background) {
    const text = 'The request is too large to be kept, which an answer in the background needs.';
    throw new ServerError('invalid_request', text, { param: 'input' });
  }
  return { ...asked, store: false, spec: { ...asked.spec, echo: { ...asked.spec.echo, store: false } } };
}

function charactersIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, one) => sum + charactersIn(one), 0);
}

interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly asked: ResponsesRequest;
  readonly before: readonly Item[];
  readonly added: readonly Item[];
  readonly holder: string;
}

async function startInBackground(
  { background, catalogue }: ResponseRouteParts,
  { request, reply, asked, before, added, holder }: Asked,
): Promise<FastifyReply> {
  const generation = asked.generation([...before, ...added]);
  const { id: model } = await catalogue.resolve(generation.model);
  const running = background.start({
    head: {
      id: `${responseIdPrefix}${request.id.slice(4)}`,
      createdSeconds: Math.floor(Date.now() / 1000),
      model,
      spec: asked.spec,
    },
    generation,
    client: clientOf(request),
    holder,
    input: added,
    previousId: asked.previousId ?? null,
    isStreamed: asked.stream,
  });
  return asked.stream ? followEvents({ request, reply }, running, 0) : reply.send(running.body());
}
