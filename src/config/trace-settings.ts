// Settings of where traces go. Part of the table in settings.ts. The exporter itself reads the rest of OpenTelemetry's
// own variables (headers, service name, sampler).
import { httpAddress } from './parsers.ts';
import { setting } from './setting.ts';

export const traceSettings = {
  otlpEndpoint: setting<string | null>({
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    flag: null,
    parse: httpAddress,
    fallback: () => null,
    shownDefault: 'none',
    doc: 'Collector that traces are sent to, as OTLP over HTTP: base address, /v1/traces is added.',
  }),
  otlpTracesEndpoint: setting<string | null>({
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    flag: null,
    parse: httpAddress,
    fallback: () => null,
    shownDefault: 'none',
    doc: 'The same as a whole address; goes before the other.',
  }),
} as const;
