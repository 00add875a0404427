// The part of the object graph that tells what happens: log and metrics, and traces where there is a collector.
import { type Config, version } from '../config/index.ts';
import { type EmitServerEvent, systemClock } from '../core/index.ts';
import { createTelemetry, openTraces, type Telemetry, type Traces } from '../telemetry/index.ts';
import { CliFailure } from './failure.ts';

export function composeTelemetry({ logLevel: level, logFormat: format, logDir: dir }: Config): Telemetry {
  try {
    return createTelemetry({ level, format, dir, version, clock: systemClock });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CliFailure(`The log cannot be written to ${dir} (${code ?? message}); choose another MLX_LOG_DIR.`);
  }
}

export async function composeTraces(
  { otlpEndpoint, otlpTracesEndpoint }: Config,
  emit: EmitServerEvent,
): Promise<Traces | null> {
  const url = otlpTracesEndpoint ?? (otlpEndpoint === null ? null : `${otlpEndpoint.replace(/\/$/, '')}/v1/traces`);
  return url === null ? null : openTraces({ url, version, clock: systemClock, emit });
}
