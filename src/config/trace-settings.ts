// Settings of where traces go. Part of the table in settings.ts. The exporter itself reads the rest of OpenTelemetry's
// own variables (headers, service name, sampler).
import { z } from 'zod';
import { type Parse, parser } from './parsers.ts';
import { setting } from './setting.ts';

const httpUrl: Parse<string> = parser(z.url({ protocol: /^https?$/ }), (raw) => {
  const url = URL.canParse(raw) ? new URL(raw) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return { problem: 'must be an http:// or https:// address' };
  if (url.username !== '' || url.password !== '')
    return { problem: 'must hold no password; OTEL_EXPORTER_OTLP_HEADERS may' };
  return { value: raw };
});

export const traceSettings = {
  otlpEndpoint: setting<string | null>({
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    flag: null,
    parse: httpUrl,
    fallback: () => null,
    shownDefault: 'none',
    doc: 'Collector that traces are sent to, as OTLP over HTTP: base address, /v1/traces is added.',
  }),
  otlpTracesEndpoint: setting<string | null>({
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    flag: null,
    parse: httpUrl,
    fallback: () => null,
    shownDefault: 'none',
    doc: 'The same as a whole address; goes before the other.',
  }),
} as const;
