// The header `traceparent` (W3C Trace Context): which trace of the client's this request is part of.
import type { SpanContext } from '@opentelemetry/api';

const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Undefined for what is none; the client then has no trace. */
export function parseTraceParent(header: string | undefined): SpanContext | undefined {
  const match = form.exec(header ?? '');
  if (match === null) return undefined;
  return { traceId: match[1]!, spanId: match[2]!, traceFlags: Number.parseInt(match[3]!, 16) & 1, isRemote: true };
}
