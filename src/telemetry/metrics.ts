// ServerEvents → GET /metrics. Labels come from routes, priorities and models of this machine, never from a request.
import { Registry } from 'prom-client';
import type { Priority, ServerEvent } from '../core/index.ts';
import { metricFamilies } from './metric-families.ts';

export interface Metrics {
  add(event: ServerEvent): void;
  readonly contentType: string;
  /** The Prometheus text form. */
  text(): Promise<string>;
}

type Families = ReturnType<typeof metricFamilies>;

/** Series of one family at the most; further models share one. */
const maxModels = 64;
const priorities: readonly Priority[] = ['high', 'normal', 'low'];

export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const families = metricFamilies(registry);
  families.serverInfo.set({ version }, 1);
  for (const priority of priorities) families.queueWaiting.set({ priority }, 0);
  const models = new Set<string>();
  const modelLabel = (model: string): string => {
    if (!models.has(model) && models.size >= maxModels) return 'other';
    models.add(model);
    return model;
  };
  const waiting = new Set<string>();
  const paused = new Set<string>();
  return {
    add(event) {
      addRequest(families, event);
      addQueue(families, waiting, event);
      addPlaces(families, paused, event);
      addGeneration(families, modelLabel, event);
      addWorker(families, modelLabel, event);
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}

function addRequest(families: Families, event: ServerEvent): void {
  if (event.type === 'request-received') families.requestsInProgress.inc({ endpoint: event.endpoint });
  else if (event.type === 'rate-limited') families.rateLimitRejects.inc();
  else if (event.type === 'request-finished') {
    const { endpoint, status, durationMs } = event;
    families.requestsInProgress.dec({ endpoint });
    families.requests.inc({ endpoint, status: String(status) });
    families.requestLatency.observe({ endpoint }, durationMs / 1000);
  }
}

function addQueue(families: Families, waiting: Set<string>, event: ServerEvent): void {
  const unwait = (requestId: string, priority: Priority): void => {
    if (!waiting.delete(requestId)) return;
    families.queueDepth.set(waiting.size);
    families.queueWaiting.dec({ priority });
  };
  if (event.type === 'generation-queued') {
    waiting.add(event.requestId);
    families.queueDepth.set(waiting.size);
    families.queueWaiting.inc({ priority: event.priority });
  } else if (event.type === 'generation-granted') {
    unwait(event.requestId, event.priority);
    families.queueWait.observe({ priority: event.priority }, event.queueWaitMs / 1000);
  } else if (event.type === 'generation-unqueued') {
    unwait(event.requestId, event.priority);
    if (event.outcome === 'expired') families.queueTimeouts.inc({ priority: event.priority });
  } else if (event.type === 'queue-full') families.queueFullRejects.inc();
}

function addPlaces({ activeRequests }: Families, paused: Set<string>, event: ServerEvent): void {
  if (event.type === 'generation-granted') activeRequests.inc();
  else if (event.type === 'generation-paused') {
    paused.add(event.requestId);
    activeRequests.dec();
  } else if (event.type === 'generation-continued') {
    paused.delete(event.requestId);
    activeRequests.inc();
  } else if (event.type === 'generation-released' && !paused.delete(event.requestId)) activeRequests.dec();
}

function addGeneration(families: Families, modelLabel: (model: string) => string, event: ServerEvent): void {
  if (event.type === 'tokens-generated') {
    const model = modelLabel(event.model);
    const { tokens, sinceMs, first } = event;
    families.newTokens.set(model, (families.newTokens.get(model) ?? 0) + tokens);
    if (first) families.timeToFirstToken.observe({ model }, sinceMs / 1000);
    else families.interTokenLatency.observe(model, sinceMs / 1000 / tokens);
  } else if (event.type === 'generation-admitted') {
    const label = { model: modelLabel(event.model) };
    families.promptTokens.inc(label, event.promptTokens);
    families.promptTokensCached.inc(label, event.cachedTokens);
  } else if (event.type === 'generation-ended') {
    const { usage, timings, model } = event;
    if (timings.decodeMs > 0)
      families.tokensPerSecond.set({ model: modelLabel(model) }, usage.completionTokens / (timings.decodeMs / 1000));
  } else if (event.type === 'generation-recovered')
    families.generationsRecovered.inc({ model: modelLabel(event.model) });
  else if (event.type === 'generation-paused') families.generationsPreempted.inc({ model: modelLabel(event.model) });
}

function addWorker(families: Families, modelLabel: (model: string) => string, event: ServerEvent): void {
  if ('purpose' in event && event.purpose !== undefined) return; // It holds no model.
  if (event.type === 'worker-started') families.workerAlive.set({ model: modelLabel(event.model) }, 1);
  else if (event.type === 'worker-ready') {
    const label = { model: modelLabel(event.model) };
    families.modelLoaded.set(label, 1);
    families.modelMemory.set(label, event.memoryBytes / 1024 ** 3);
    families.modelLoad.observe(label, event.loadMs / 1000);
  } else if (event.type === 'worker-measured') {
    families.modelMemory.set({ model: modelLabel(event.model) }, event.footprintBytes / 1024 ** 3);
  } else if (event.type === 'worker-exited') {
    const model = modelLabel(event.model);
    families.workerExits.inc({ model, reason: event.reason });
    for (const family of [families.workerAlive, families.modelLoaded, families.modelMemory]) family.set({ model }, 0);
  }
}
