// A request of the journal as GET /admin/requests, GET /admin/queue and the log show it.
import type { GenerationRecord, RequestJournal, RequestRecord } from './request-journal.ts';

/** Choices of one request that are shown one by one. */
const maxShown = 8;

const generationView = ({ phaseSinceMs: _, ...generation }: GenerationRecord) => generation;

const requestView = ({ generations, ...request }: RequestRecord) => ({
  ...request,
  choices: generations.size,
  generations: [...generations.values()].slice(0, maxShown).map(generationView),
});

export const requestsView = ({ live, recent }: RequestJournal) => ({
  live: [...live].map(requestView),
  recent: recent.map(requestView),
});

/** Who waits, in the order of arrival. */
export function queueView({ live }: RequestJournal, nowMs: number) {
  const requests = [...live].flatMap(({ generations }) =>
    [...generations]
      .filter(([, { phase }]) => phase === 'waiting')
      .map(([id, { model, priority, phaseSinceMs }]) => ({
        id,
        model,
        priority,
        waitedMs: Math.round(nowMs - phaseSinceMs),
      })),
  );
  const waiting = { high: 0, normal: 0, low: 0 };
  for (const { priority } of requests) waiting[priority] += 1;
  return { depth: requests.length, waiting, requests };
}

/** What the one log line of a request says about its generations: of the first, tokens of all. */
export function logFields({ clientRequestId, generations }: RequestRecord): object {
  const all = [...generations.values()];
  const first = all[0];
  if (first === undefined) return clientRequestId === null ? {} : { clientRequestId };
  const sum = (key: 'promptTokens' | 'cachedTokens' | 'completionTokens' | 'recovered'): number =>
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
    recovered: sum('recovered'),
    finishReason,
  };
}
