// ServerEvents → what each model does just now: tokens a second over the last two seconds, and who waits for it.
import type { Clock, ServerEvent } from '../core/index.ts';

export interface ModelActivity {
  /** Of all its answers together. */
  readonly tokensPerSecond: number;
  readonly waiting: number;
}

export interface Activity {
  add(event: ServerEvent): void;
  read(model: string): ModelActivity;
}

const windowMs = 2000;
/** Tokens this close together are counted as one moment. */
const momentMs = 100;

interface Moment {
  readonly atMs: number;
  tokens: number;
}

export function createActivity(clock: Clock): Activity {
  const moments = new Map<string, Moment[]>();
  const waiting = new Map<string, string>();

  const addTokens = (model: string, tokens: number): void => {
    const nowMs = clock.monotonicMs();
    const recent = (moments.get(model) ?? []).filter(({ atMs }) => nowMs - atMs < windowMs);
    const last = recent.at(-1);
    if (last !== undefined && nowMs - last.atMs < momentMs) last.tokens += tokens;
    else recent.push({ atMs: nowMs, tokens });
    moments.set(model, recent);
  };
  return {
    add(event) {
      switch (event.type) {
        case 'tokens-generated':
          addTokens(event.model, event.tokens);
          break;
        case 'generation-queued':
          waiting.set(event.requestId, event.model);
          break;
        case 'generation-granted':
        case 'generation-unqueued':
          waiting.delete(event.requestId);
          break;
        case 'worker-exited':
          if (event.purpose === undefined) moments.delete(event.model);
          break;
        default:
          break;
      }
    },
    read(model) {
      const nowMs = clock.monotonicMs();
      const recent = (moments.get(model) ?? []).filter(({ atMs }) => nowMs - atMs < windowMs);
      const tokens = recent.reduce((sum, moment) => sum + moment.tokens, 0);
      const sinceMs = Math.max(momentMs, nowMs - (recent[0]?.atMs ?? nowMs));
      return {
        tokensPerSecond: Math.round((tokens / sinceMs) * 10_000) / 10,
        waiting: [...waiting.values()].filter((waits) => waits === model).length,
      };
    },
  };
}
