// A request that gets one JSON answer, without a stream: ended early when its client leaves or its time is up.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LiveRequests } from './live-requests.ts';
import { ClientLeft, watchEnd } from './request-end.ts';

export type AnswerOnce = (
  request: FastifyRequest,
  reply: FastifyReply,
  work: (signal: AbortSignal) => Promise<object>,
) => Promise<FastifyReply>;

export const createAnswerOnce =
  (live: LiveRequests): AnswerOnce =>
  async (request, reply, work) => {
    const { signal } = watchEnd(request, reply, live).controller;
    try {
      return reply.send(await work(signal));
    } catch (error) {
      if (signal.reason instanceof ClientLeft) return reply.hijack();
      throw error;
    }
  };
