// ServerEvent → one log line. Prompts, answers and keys are not in events, so they cannot be in the log.
import { type Logger, type LoggerOptions, pino } from 'pino';
import { isColorSupported, prettyFactory } from 'pino-pretty';
import type { ServerEvent } from '../core/index.ts';
import { openLogFile } from './log-file.ts';
import { plainValue } from './plain-text.ts';
import { openStandardError } from './standard-error.ts';

export interface LogOptions {
  readonly level: string;
  readonly format: 'pretty' | 'json';
  /** Folder for log files; null: standard error. */
  readonly dir: string | null;
}

/** @throws when there is a folder for log files and none can be made in it. */
export function createLogger({ level, format, dir }: LogOptions): Logger {
  const output = dir === null ? openStandardError() : openLogFile({ dir });
  if (format === 'json') return pino(pinoOptions(level), output);
  const pretty = prettyFactory({
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
    colorize: dir === null && isColorSupported,
  });
  return pino(pinoOptions(level), { write: (line) => output.write(pretty(line)) });
}

/** An error keeps the shape that {@link plainValue} gave it. */
export const pinoOptions = (level: string): LoggerOptions => ({
  level,
  formatters: { log: (fields) => plainValue(fields) as Record<string, unknown> },
  serializers: { err: (error: unknown) => error },
});

/** Writes `event` at the level that fits it. `about` is added to the one line that a finished request gets. */
export function logEvent(log: Logger, event: ServerEvent, about: object = {}): void {
  switch (event.type) {
    case 'server-listening':
      log.info({ api: event.api, admin: event.admin }, 'listening');
      break;
    case 'server-stopping':
      log.info({ cause: event.cause }, 'stopping');
      break;
    case 'config-reloaded':
    case 'worker-started':
    case 'worker-ready':
      log.info(fields(event), event.type);
      break;
    case 'config-refused':
    case 'context-shortened':
    case 'preload-failed':
    case 'traces-undelivered':
    case 'shared-memory-failed':
      log.warn(fields(event), event.type);
      break;
    case 'worker-output':
      log.info({ worker: event.workerId, line: event.line }, 'worker-output');
      break;
    case 'worker-exited':
      log[
        event.reason === 'crashed' || event.reason === 'start_failed' || event.reason === 'timeout' ? 'warn' : 'info'
      ](fields(event), event.type);
      break;
    case 'orphans-reaped':
    case 'registry-problem':
    case 'store-problem':
      log.warn(fields(event), event.type);
      break;
    case 'worker-measured':
    case 'images-prepared':
    case 'request-received':
    case 'generation-queued':
    case 'generation-granted':
    case 'generation-unqueued':
    case 'generation-paused':
    case 'generation-continued':
    case 'queue-full':
    case 'rate-limited':
    case 'generation-admitted':
    case 'generation-stalled':
    case 'generation-ended':
      log.debug(fields(event), event.type);
      break;
    case 'generation-released':
    case 'tokens-generated':
      break;
    case 'generation-recovered':
      log.warn(fields(event), event.type);
      break;
    case 'request-finished': {
      const { type, cause, ...rest } = event;
      const unexpected = event.code === 'internal' || event.code === 'worker_crashed';
      const level = unexpected ? 'error' : event.method === 'GET' && event.status < 400 ? 'debug' : 'info';
      log[level]({ ...rest, ...about, ...(unexpected ? { err: cause } : {}) }, type);
      break;
    }
    default:
      event satisfies never;
  }
}

const fields = ({ type: _, ...rest }: ServerEvent): object => rest;
