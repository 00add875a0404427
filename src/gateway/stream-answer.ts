// GenerationEvents → a stream of server-sent events. Headers wait for the first sign of the worker, so that what fails
// before it still gets its own HTTP status.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GenerationEnd, GenerationEvent } from '../core/index.ts';
import type { Indexed } from '../inference/index.ts';
import type { AnswerAbout, Codec, FirstEvent, StreamWording } from '../openai/index.ts';
import { normaliseError } from './errors.ts';
import { ClientLeft, type RequestEnd } from './request-end.ts';
import { createSseWriter, type SseWriter } from './sse.ts';

export interface StreamAnswerOptions {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly events: AsyncIterable<Indexed<GenerationEvent>>;
  readonly codec: Pick<Codec<unknown>, 'framing' | 'stream'>;
  readonly about: (model: string) => AnswerAbout;
  readonly end: RequestEnd;
  readonly choices: number;
}

export async function streamAnswer(options: StreamAnswerOptions): Promise<FastifyReply> {
  const { request, reply, end, codec } = options;
  const { controller } = end;
  let queueWaitMs = 0;
  const headers = (): Record<string, string> => ({
    ...(reply.getHeaders() as Record<string, string>),
    ...(queueWaitMs > 0 ? { 'x-queue-wait-ms': String(Math.round(queueWaitMs)) } : {}),
  });
  const writer = createSseWriter(reply.raw, headers, controller.signal, codec.framing);
  let wording: StreamWording | undefined;
  try {
    await pump(options, writer, (begun, ms) => {
      wording = begun;
      queueWaitMs = ms;
    });
    reply.hijack();
    writer.end(codec.framing.done);
  } catch (error) {
    controller.abort(error); // Stops the other choices, if there are any.
    if (controller.signal.reason instanceof ClientLeft) return reply.hijack();
    if (!writer.opened) throw error;
    reply.hijack();
    request.failure = normaliseError(error);
    writer.end(
      wording?.failed?.(request.failure) ??
        codec.framing.error(request.failure, String(reply.getHeader('x-request-id'))),
    );
  }
  return reply;
}

async function pump(
  { events, codec, about, end }: StreamAnswerOptions,
  writer: SseWriter,
  onAdmitted: (wording: StreamWording, queueWaitMs: number) => void,
): Promise<void> {
  let wording: StreamWording | undefined;
  let includeUsage = false;
  const opened = new Set<number>();
  const ends: GenerationEnd[] = [];
  for await (const { index, event } of events) {
    if (event.type === 'admitted') {
      if (wording !== undefined) continue;
      const facts = about(event.model);
      includeUsage = facts.includeUsage;
      wording = codec.stream(facts);
      onAdmitted(wording, event.queueWaitMs);
      continue;
    }
    end.begun();
    const text = (opened.has(index) ? '' : wording!.opening(index, event)) + wordsOf(wording!, index, event);
    opened.add(index);
    if (event.type === 'end') ends[index] = event;
    if (text === '') writer.open();
    else await writer.write(text);
  }
  if (includeUsage) await writer.write(wording!.usage(ends));
}

function wordsOf(wording: StreamWording, index: number, event: FirstEvent): string {
  switch (event.type) {
    case 'prefill-progress':
    case 'prompt-logprobs':
      return '';
    case 'prompt-echo':
      return wording.prompt?.(index, event) ?? '';
    case 'token-delta':
      return wording.delta(index, event);
    case 'end':
      return wording.closing(index, event);
  }
}
