import * as api from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect, it } from 'vitest';
import { resolveSampling, type ServerEvent } from '../../core/index.ts';
import { createTraceFold } from './trace-fold.ts';
import { parseTraceParent } from './trace-parent.ts';

const traceParent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

function setUp() {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  let nowMs = 1000;
  const clock = { monotonicMs: () => nowMs, wallMs: () => 1_700_000_000_000 + nowMs };
  const fold = createTraceFold({ api, tracer: provider.getTracer('test'), clock });
  return {
    add: (event: ServerEvent, laterMs = 10) => {
      nowMs += laterMs;
      fold(event);
    },
    spans: () =>
      exporter.getFinishedSpans().map((span) => ({
        name: span.name,
        durationMs: Math.round(span.duration[0] * 1000 + span.duration[1] / 1e6),
        attributes: span.attributes,
        id: span.spanContext().spanId,
        trace: span.spanContext().traceId,
        parent: span.parentSpanContext?.spanId,
        events: span.events.map((event) => event.name),
      })),
  };
}

const place = { requestId: 'r', model: 'org/m', priority: 'normal' } as const;
const sampling = resolveSampling({ seed: 7, temperature: 0.5 }, {}, () => 1);
const received = (method = 'POST', endpoint = '/v1/chat/completions') =>
  ({ type: 'request-received', requestId: 'r', clientRequestId: null, method, endpoint, traceParent }) as const;
const finished = (status: number, code: 'worker_timeout' | null = null) =>
  ({
    type: 'request-finished',
    requestId: 'r',
    method: 'POST',
    endpoint: '/v1/chat/completions',
    holder: null,
    status,
    code,
    durationMs: 1,
  }) as const;

it('a request is one span with its phases below it, in the trace of its client', () => {
  const { add, spans } = setUp();
  add(received());
  add({ type: 'generation-queued', ...place });
  add({ type: 'generation-granted', ...place, queueWaitMs: 20 }, 20);
  add({ type: 'generation-admitted', ...place, promptTokens: 9, cachedTokens: 4, maxTokens: 50, sampling }, 30);
  add({ type: 'tokens-generated', ...place, tokens: 1, sinceMs: 1, first: true }, 40);
  add({ type: 'generation-recovered', ...place, tokens: 1, reason: 'crashed' });
  add({ type: 'tokens-generated', ...place, tokens: 1, sinceMs: 1, first: false }, 40);
  const usage = { promptTokens: 9, cachedTokens: 4, completionTokens: 2 };
  add({ type: 'generation-ended', ...place, finishReason: 'stop', usage, timings: { prefillMs: 40, decodeMs: 50 } }, 0);
  add({ type: 'generation-released', requestId: 'r', model: 'org/m' });
  add(finished(200));
  const all = spans();
  expect(all.map(({ name, durationMs }) => [name, durationMs])).toEqual([
    ['queue', 20],
    ['load', 30],
    ['prefill', 40],
    ['decode', 50],
    ['chat org/m', 170],
  ]);
  const request = all.at(-1)!;
  expect(request).toMatchObject({ trace: 'a'.repeat(32), parent: 'b'.repeat(16), events: ['generation-recovered'] });
  expect(all.slice(0, -1).every(({ parent, trace }) => parent === request.id && trace === request.trace)).toBe(true);
  expect(request.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'org/m',
    'gen_ai.request.temperature': 0.5,
    'gen_ai.request.max_tokens': 50,
    'gen_ai.usage.input_tokens': 9,
    'gen_ai.usage.output_tokens': 2,
    'gen_ai.usage.cache_read.input_tokens': 4,
    'gen_ai.response.finish_reasons': ['stop'],
    'http.response.status_code': 200,
  });
});

it('a request that fails in mid-answer ends all its spans, with the error', () => {
  const { add, spans } = setUp();
  add(received());
  add({ type: 'generation-granted', ...place, queueWaitMs: 0 });
  add(finished(504, 'worker_timeout'));
  add({ type: 'generation-released', requestId: 'r', model: 'org/m' });
  expect(spans().map(({ name }) => name)).toEqual(['load', 'POST /v1/chat/completions']);
  expect(spans()[1]!.attributes['error.type']).toBe('worker_timeout');
});

it('reads and the admin port leave no spans', () => {
  const { add, spans } = setUp();
  for (const [method, endpoint] of [
    ['GET', '/v1/models'],
    ['POST', '/admin/load'],
  ] as const) {
    add(received(method, endpoint));
    add(finished(200));
  }
  expect(spans()).toEqual([]);
});

it.each([
  undefined,
  '',
  'nonsense',
  `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
  `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`,
  `00-${'A'.repeat(32)}-${'b'.repeat(16)}-01`,
  `${traceParent}\n`,
])('%j is no parent of a trace', (header) => {
  expect(parseTraceParent(header)).toBeUndefined();
});
