// A request of the journal as GET /admin/requests, GET /admin/queue and the log show it.
import type { GenerationRecord, RequestJournal, RequestRecord } from './request-journal.ts';

/** Choices of one request that are shown one by one. */
const maxShown = 8;

const generationView = ({ phaseSinceMs: _, pausedSinceMs, phase, ...generation }: GenerationRecord) => ({
  ...generation,
  phase: pausedSinceMs === null ? phase : 'paused',
});

const requestView = ({ generations, ...request }: RequestRecord) => ({
  ...request,
  choices: generations.size,
  generations: [...generations.values()].slice(0, maxShown).map(generationView),
});

export const requestsView = ({ live, recent }: RequestJournal) => ({
  live: [...live].map(requestView),
  recent: recent.map(requestView),
});

/** Who waits, in the order of arrival, and who has begun and is paused for others. */
export function queueView({ live }: RequestJournal, nowMs: number) {
  const generations = [...live].flatMap(({ generations }) => [...generations]);
  const requests = generations
    .filter(([, { phase }]) => phase === 'waiting')
    .map(([id, { model, priority, phaseSinceMs }]) => ({
      id,
      model,
      priority,
      waitedMs: Math.round(nowMs - phaseSinceMs),
    }));
  const paused = generations.flatMap(([id, { model, priority, pausedSinceMs }]) =>
    pausedSinceMs === null ? [] : [{ id, model, priority, pausedMs: Math.round(nowMs - pausedSinceMs) }],
  );
  const waiting = { high: 0, normal: 0, low: 0 };
  for (const { priority } of requests) waiting[priority] += 1;
  return { depth: requests.length, waiting, requests, paused };
}

/** What the one log line of a request says about its generations: of the first, tokens of all. */
export function logFields({ clientRequestId, generations }: RequestRecord): object {
  const all = [...generations.values()];
  const first = all[0];
  if (first === undefined) return clientRequestId === null ? {} : { clientRequestId };
  const sum = (key: 'promptTokens' | 'cachedTokens' | 'completionTokens' | 'recovered' | 'pausedMs'): number =>
    all.reduce((total, generation) => total + generation[key], 0);
  const { model, priority, queueMs, loadMs, prefillMs, decodeMs, finishReason, parameters } = first;
  return {
    ...(clientRequestId === null ? {} : { clientRequestId }),
    model,
    priority,
    choices: all.length,
    ...parameters,
    promptTokens: sum('promptTokens'),
    cachedTokens: sum('cachedTokens'),
    completionTokens: sum('completionTokens'),
    queueMs,
    loadMs,
    prefillMs,
    decodeMs,
    pausedMs: sum('pausedMs'),
    recovered: sum('recovered'),
    finishReason,
  };
}
