// ServerEvent → one log line. Prompts, answers and keys are not in events, so they cannot be in the log.
import { type Logger, pino } from 'pino';
import { isColorSupported, prettyFactory } from 'pino-pretty';
import type { ServerEvent } from '../core/index.ts';
import { openStandardError } from './standard-error.ts';

export interface LogOptions {
  readonly level: string;
  readonly format: 'pretty' | 'json';
}

/** A logger on standard error. */
export function createLogger({ level, format }: LogOptions): Logger {
  const output = openStandardError();
  if (format === 'json') return pino({ level }, output);
  const pretty = prettyFactory({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', colorize: isColorSupported });
  return pino({ level }, { write: (line) => output.write(pretty(line)) });
}

/** Writes `event` at the level that fits it. */
export function logEvent(log: Logger, event: ServerEvent): void {
  switch (event.type) {
    case 'server-listening':
      log.info({ api: event.api, admin: event.admin }, 'listening');
      break;
    case 'server-stopping':
      log.info({ cause: event.cause }, 'stopping');
      break;
    case 'worker-started':
    case 'worker-ready':
      log.info(fields(event), event.type);
      break;
    case 'preload-failed':
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
      log.warn(fields(event), event.type);
      break;
    case 'images-prepared':
    case 'request-received':
      log.debug(fields(event), event.type);
      break;
    case 'generation-admitted': {
      const { temperature, topP, topK, minP, seed, repetitionPenalty } = event.sampling;
      const parameters = {
        max_tokens: event.maxTokens,
        temperature,
        top_p: topP,
        repetition_penalty: repetitionPenalty,
      };
      const { requestId, model, promptTokens } = event;
      log.info({ requestId, model, promptTokens, ...parameters, top_k: topK, min_p: minP, seed }, event.type);
      break;
    }
    case 'generation-recovered':
      log.warn(fields(event), event.type);
      break;
    case 'generation-ended': {
      const { requestId, model, finishReason, usage, timings } = event;
      log.info({ requestId, model, finishReason, ...usage, ...timings }, event.type);
      break;
    }
    case 'request-finished': {
      const { type, cause, ...rest } = event;
      const unexpected = event.code === 'internal' || event.code === 'worker_crashed';
      log[unexpected ? 'error' : 'info'](unexpected ? { ...rest, err: cause } : rest, type);
      break;
    }
    default:
      event satisfies never;
  }
}

const fields = ({ type: _, ...rest }: ServerEvent): object => rest;
