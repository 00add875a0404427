export { createTelemetry, type Telemetry } from './telemetry.ts';
export { openTraces, type Traces } from './traces/open-traces.ts';
