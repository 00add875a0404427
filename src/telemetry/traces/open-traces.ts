// Traces to a collector. OpenTelemetry's SDK is loaded here and nowhere else, and only when there is a collector. One that
// cannot be reached costs a bounded queue of spans and one line in the log.
import type { Clock, EmitServerEvent, ServerEvent } from '../../core/index.ts';
import { createTraceFold } from './trace-fold.ts';

export interface TraceOptions {
  /** Where spans are posted to, as OTLP in JSON. */
  readonly url: string;
  readonly version: string;
  readonly clock: Clock;
  readonly emit: EmitServerEvent;
}

export interface Traces {
  add(event: ServerEvent): void;
  /** Sends what waits, for so long at the most. */
  close(maxMs: number): Promise<void>;
}

/** How long a batch may take, tries again and all. */
const exportTimeoutMs = 10_000;

export async function openTraces({ url, version, clock, emit }: TraceOptions): Promise<Traces> {
  const [api, sdk, resources, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs });
  const deliver = exporter.export.bind(exporter);
  let isFailing = false;
  exporter.export = (spans, done) =>
    deliver(spans, (result) => {
      const failed = result.code !== 0;
      if (failed && !isFailing)
        emit({ type: 'traces-undelivered', detail: result.error?.message ?? 'the collector refused them' });
      isFailing = failed;
      done(result);
    });
  const own = resources.resourceFromAttributes({
    'service.name': 'mlx-inference-server',
    'service.version': version,
  });
  const provider = new sdk.BasicTracerProvider({
    resource: own.merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
  });
  const add = createTraceFold({ api, tracer: provider.getTracer('mlx-inference-server', version), clock });
  return { add, close: (maxMs) => within(maxMs, provider.shutdown()) };
}

/** `work`, or `maxMs`, whichever is over first; what failed in it was told already. */
async function within(maxMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, maxMs);
  });
  await Promise.race([work.catch(() => {}), limit]);
  clearTimeout(timer);
}
