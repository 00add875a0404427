// The one handler behind every generating endpoint: request → Generations → events → the codec's words. Endpoints differ
// in their reader and their codec only.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GenerationEvent } from '../core/index.ts';
import { type Generate, mergeIndexed } from '../inference/index.ts';
import type { AnswerAbout, Codec, CompletionRequest, RequestContext } from '../openai/index.ts';
import type { LiveRequests } from './live-requests.ts';
import { clientOf } from './rate-limit.ts';
import { priorityOf } from './request-context.ts';
import { ClientLeft, watchEnd } from './request-end.ts';
import { streamAnswer } from './stream-answer.ts';

export interface Answering {
  readonly generate: Generate;
  readonly live: LiveRequests;
}

export interface AnswerRoute<A> extends Answering {
  readonly read: (body: unknown, context: RequestContext) => CompletionRequest;
  readonly codec: Codec<A>;
}

/** All choices together, and one of many; what waits in the socket comes on top. */
const maxWaitingBytesOfAnswer = 256 * 1024;
const maxWaitingBytesOfChoice = 16 * 1024;

export const answerHandler =
  <A>({ read, codec, ...answering }: AnswerRoute<A>) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    answerWith(answering, { request, reply, work: read(request.body, contextOf(request)), codec });

/** @throws ServerError `invalid_request` */
export const contextOf = (request: FastifyRequest): RequestContext => ({
  requestId: request.id,
  priority: priorityOf(request),
});

export interface AnswerOptions<A> {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly work: CompletionRequest;
  readonly codec: Codec<A>;
}

export async function answerWith<A>(
  { generate, live }: Answering,
  { request, reply, work, codec }: AnswerOptions<A>,
): Promise<FastifyReply> {
  const end = watchEnd(request, reply, live);
  const { signal } = end.controller;
  const client = clientOf(request);
  const maxWaitingBytes = Math.max(maxWaitingBytesOfAnswer / work.generations.length, maxWaitingBytesOfChoice);
  const events = mergeIndexed(
    work.generations.map((generation) => generate(generation, { client, signal, maxWaitingBytes })),
  );
  const about = (model: string): AnswerAbout => ({
    id: `${codec.idPrefix}${request.id.slice(4)}`,
    model,
    created: Math.floor(Date.now() / 1000),
    includeUsage: work.includeUsage,
    prompts: promptCount(work),
    elapsedMs: () => performance.now() - request.arrivedMs,
  });
  if (work.stream) return streamAnswer({ request, reply, events, codec, about, end, choices: work.generations.length });
  const answers = work.generations.map(() => codec.empty());
  let admitted: Extract<GenerationEvent, { type: 'admitted' }> | undefined;
  try {
    for await (const { index, event } of events) {
      if (event.type === 'admitted') admitted ??= event;
      else {
        end.begun();
        codec.add(answers[index]!, event);
      }
    }
  } catch (error) {
    end.controller.abort(error); // The other choices have nobody to answer to.
    if (signal.reason instanceof ClientLeft) return reply.hijack();
    throw error;
  }
  if (admitted!.queueWaitMs > 0) reply.header('x-queue-wait-ms', String(Math.round(admitted!.queueWaitMs)));
  return reply.send(codec.whole(about(admitted!.model), answers));
}

/** Prompts among the generations: the choices of one prompt share its input. */
const promptCount = ({ generations }: CompletionRequest): number => new Set(generations.map(({ input }) => input)).size;
