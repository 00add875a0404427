export { createTelemetry } from './telemetry.ts';
export { openTraces, type Traces } from './traces/open-traces.ts';
