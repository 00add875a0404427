// ServerEvents → spans: one a request, and below it the phases of each generation. Holds what lives and no more; there
// are no prompts and no answers in events, so there are none in spans.
import type * as Api from '@opentelemetry/api';
import type { Clock, ServerEvent } from '../../core/index.ts';
import { admissionAttributes, endAttributes, requestAttributes } from './attributes.ts';
import { parseTraceParent } from './trace-parent.ts';

export interface TraceFoldOptions {
  /** OpenTelemetry's API, which is loaded only where there are traces. */
  readonly api: typeof Api;
  readonly tracer: Api.Tracer;
  readonly clock: Clock;
}

type Phase = 'queue' | 'load' | 'prefill' | 'decode';

interface GenerationTrace {
  phase: Phase;
  span: Api.Span | undefined;
}

interface RequestTrace {
  readonly span: Api.Span;
  readonly context: Api.Context;
  /** Wall-clock milliseconds of a monotonic time: one offset for a whole trace, so that its durations are true. */
  readonly stampMs: (monotonicMs: number) => number;
  readonly generations: Map<string, GenerationTrace>;
}

type EventOf<T extends ServerEvent['type']> = Extract<ServerEvent, { readonly type: T }>;

export function createTraceFold({ api, tracer, clock }: TraceFoldOptions): (event: ServerEvent) => void {
  const live = new Map<string, RequestTrace>();

  const begin = (event: EventOf<'request-received'>): void => {
    if (event.method !== 'POST' || event.endpoint.startsWith('/admin')) return;
    const offsetMs = clock.wallMs() - clock.monotonicMs();
    const stampMs = (monotonicMs: number): number => offsetMs + monotonicMs;
    const parent = parseTraceParent(event.traceParent);
    const root = parent === undefined ? api.ROOT_CONTEXT : api.trace.setSpanContext(api.ROOT_CONTEXT, parent);
    const options = {
      kind: api.SpanKind.SERVER,
      startTime: stampMs(clock.monotonicMs()),
      attributes: requestAttributes(event),
    };
    const span = tracer.startSpan(`${event.method} ${event.endpoint}`, options, root);
    const context = api.trace.setSpan(root, span);
    live.set(event.requestId, { span, context, stampMs, generations: new Map() });
  };

  const end = (request: RequestTrace, event: EventOf<'request-finished'>): void => {
    const { span, stampMs, generations } = request;
    const endMs = stampMs(clock.monotonicMs());
    for (const { span: open } of generations.values()) open?.end(endMs);
    span.setAttribute('http.response.status_code', event.status);
    if (event.code !== null) span.setAttribute('error.type', event.code);
    else if (event.status === 499) span.setAttribute('error.type', 'client_left');
    if (event.status >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR });
    span.end(endMs);
  };

  /** Ends the phase that `generation` is in; begins `next`, where there is one. */
  const enter = (request: RequestTrace, id: string, next: Phase | undefined, attributes: Api.Attributes = {}): void => {
    const nowMs = request.stampMs(clock.monotonicMs());
    request.generations.get(id)?.span?.end(nowMs);
    if (next === undefined) {
      request.generations.delete(id);
      return;
    }
    const span = tracer.startSpan(next, { startTime: nowMs, attributes }, request.context);
    request.generations.set(id, { phase: next, span });
  };

  const addToGeneration = (request: RequestTrace, event: Extract<ServerEvent, { requestId: string }>): void => {
    const { requestId: id } = event;
    const about = { 'mlx.generation.id': id };
    switch (event.type) {
      case 'generation-queued':
        enter(request, id, 'queue', { ...about, 'mlx.priority': event.priority });
        break;
      case 'generation-granted':
        enter(request, id, 'load', about);
        break;
      case 'generation-admitted':
        request.span.setAttributes(admissionAttributes(event)).updateName(nameOf(request.span, event.model));
        enter(request, id, 'prefill', { ...about, 'gen_ai.usage.input_tokens': event.promptTokens });
        break;
      case 'tokens-generated':
        if (request.generations.get(id)?.phase !== 'decode') enter(request, id, 'decode', about);
        break;
      case 'generation-recovered':
        request.span.addEvent('generation-recovered', { ...about, reason: event.reason, tokens: event.tokens });
        break;
      case 'generation-ended':
        request.span.setAttributes(endAttributes(event));
        enter(request, id, undefined);
        break;
      case 'generation-unqueued':
      case 'generation-released':
        enter(request, id, undefined);
        break;
      case 'images-prepared':
        request.span.addEvent('images-prepared', { images: event.images, 'cache.hits': event.cacheHits });
        break;
      default:
        break;
    }
  };

  return (event) => {
    if (event.type === 'request-received') begin(event);
    if (!('requestId' in event)) return;
    const request = live.get(event.requestId.split('-', 1)[0]!);
    if (request === undefined) return;
    if (event.type !== 'request-finished') {
      addToGeneration(request, event);
      return;
    }
    live.delete(event.requestId);
    end(request, event);
  };
}

/** OpenTelemetry's convention for generating spans: the operation and the model. */
const nameOf = (span: Api.Span, model: string): string => {
  const { attributes = {} } = span as { attributes?: Api.Attributes }; // Absent where the span is not recorded.
  return `${attributes['gen_ai.operation.name'] ?? 'generate'} ${model}`;
};
