// ServerEvents → the running totals that /admin/status shows.
import type { ServerEvent, WorkerExitReason } from '../core/index.ts';

export interface ModelTotals {
  requests: number;
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  /** Of the last finished answer. */
  lastTokensPerSecond: number;
}

export interface Totals {
  readonly requests: number;
  readonly inProgress: number;
  readonly errors: number;
  readonly workerExits: number;
  /** Reasons that did not occur are left out. */
  readonly workerExitsByReason: Readonly<Partial<Record<WorkerExitReason, number>>>;
  readonly generationsRecovered: number;
  readonly images: number;
  /** Of the images, those that were taken from the cache. */
  readonly imageCacheHits: number;
  readonly models: Readonly<Record<string, ModelTotals>>;
}

export interface TotalsFold {
  add(event: ServerEvent): void;
  read(): Totals;
}

export function createTotals(): TotalsFold {
  const count = { requests: 0, finished: 0, errors: 0, workerExits: 0, recovered: 0, images: 0, imageCacheHits: 0 };
  const models = new Map<string, ModelTotals>();
  const exits = new Map<WorkerExitReason, number>();
  return {
    add(event) {
      if (event.type === 'worker-exited') exits.set(event.reason, (exits.get(event.reason) ?? 0) + 1);
      if (event.type === 'request-received') count.requests += 1;
      else if (event.type === 'request-finished') {
        count.finished += 1;
        if (event.code !== null) count.errors += 1;
      } else if (event.type === 'worker-exited') count.workerExits += 1;
      else if (event.type === 'generation-recovered') count.recovered += 1;
      else if (event.type === 'images-prepared') {
        count.images += event.images;
        count.imageCacheHits += event.cacheHits;
      } else if (event.type === 'generation-ended') addGeneration(models, event);
    },
    read: () => ({
      requests: count.requests,
      inProgress: count.requests - count.finished,
      errors: count.errors,
      workerExits: count.workerExits,
      workerExitsByReason: Object.fromEntries(exits),
      generationsRecovered: count.recovered,
      images: count.images,
      imageCacheHits: count.imageCacheHits,
      models: Object.fromEntries([...models].map(([model, totals]) => [model, { ...totals }])),
    }),
  };
}

function addGeneration(
  models: Map<string, ModelTotals>,
  event: Extract<ServerEvent, { type: 'generation-ended' }>,
): void {
  const { model, usage, timings } = event;
  const empty = { requests: 0, promptTokens: 0, cachedTokens: 0, completionTokens: 0, lastTokensPerSecond: 0 };
  const totals = models.get(model) ?? empty;
  models.set(model, totals);
  totals.requests += 1;
  totals.promptTokens += usage.promptTokens;
  totals.cachedTokens += usage.cachedTokens;
  totals.completionTokens += usage.completionTokens;
  if (timings.decodeMs > 0) totals.lastTokensPerSecond = usage.completionTokens / (timings.decodeMs / 1000);
}
