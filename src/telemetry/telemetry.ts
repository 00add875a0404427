// The folds of ServerEvents, fed together: log, totals, metrics, journal of requests, and whoever listens in.
import type { Clock, EmitServerEvent, ServerEvent } from '../core/index.ts';
import { createActivity, type ModelActivity } from './activity.ts';
import { createLogger, type LogOptions, logEvent } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createRequestJournal } from './request-journal.ts';
import { logFields, queueView, requestsView } from './request-views.ts';
import { createTotals, type Totals } from './totals.ts';

export interface Telemetry {
  readonly emit: EmitServerEvent;
  readonly totals: () => Totals;
  /** What a model does just now. */
  readonly activity: (model: string) => ModelActivity;
  readonly metrics: Pick<Metrics, 'contentType' | 'text'>;
  readonly requests: () => object;
  readonly queue: () => object;
  /** Calls `listener` with every event from here on; returns how to stop that. */
  listen(listener: (event: ServerEvent) => void): () => void;
  /** From here on, lines of this level and above. */
  setLogLevel(level: string): void;
}

export function createTelemetry(options: LogOptions & { version: string; clock: Clock }): Telemetry {
  const { version, clock } = options;
  const log = createLogger(options);
  const totals = createTotals();
  const metrics = createMetrics(version);
  const journal = createRequestJournal(clock);
  const activity = createActivity(clock);
  const listeners = new Set<(event: ServerEvent) => void>();
  return {
    emit(event) {
      totals.add(event);
      metrics.add(event);
      journal.add(event);
      activity.add(event);
      const record = event.type === 'request-finished' ? journal.get(event.requestId) : undefined;
      logEvent(log, event, record === undefined ? {} : logFields(record));
      for (const listener of listeners) listener(event);
    },
    totals: () => totals.read(),
    activity: activity.read,
    metrics,
    requests: () => requestsView(journal),
    queue: () => queueView(journal, clock.monotonicMs()),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setLogLevel(level) {
      log.level = level;
    },
  };
}
