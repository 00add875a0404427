// ServerEvents → what is known of each generating request: those that live, and the last of those that ended.
import type { Clock, FinishReason, Priority, ServerEvent } from '../core/index.ts';

export type GenerationPhase = 'waiting' | 'loading' | 'prefill' | 'decoding' | 'ended';

/** Durations in milliseconds; null where a phase has not ended. */
export interface GenerationRecord {
  readonly model: string;
  readonly priority: Priority;
  phase: GenerationPhase;
  queueMs: number | null;
  /** From its turn to the first work on its prompt: start of the worker and load of the model, if there was one. */
  loadMs: number | null;
  prefillMs: number | null;
  decodeMs: number | null;
  /** Of loading, prefill and decoding, the time in which it had lent its place to others. */
  pausedMs: number;
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  recovered: number;
  finishReason: FinishReason | null;
  /** As they are used, under the names of the API. */
  parameters: Readonly<Record<string, number>> | null;
  phaseSinceMs: number;
  /** Set while it is paused in its phase: frames that were on their way may still move that on. */
  pausedSinceMs: number | null;
}

export interface RequestRecord {
  readonly id: string;
  readonly clientRequestId: string | null;
  readonly endpoint: string;
  /** ISO 8601. */
  readonly received: string;
  holder: string | null;
  status: number | null;
  code: string | null;
  durationMs: number | null;
  readonly generations: Map<string, GenerationRecord>;
}

export interface RequestJournal {
  add(event: ServerEvent): void;
  get(requestId: string): RequestRecord | undefined;
  readonly live: Iterable<RequestRecord>;
  /** Newest first. */
  readonly recent: readonly RequestRecord[];
}

const maxRecent = 500;

export function createRequestJournal(clock: Clock): RequestJournal {
  const live = new Map<string, RequestRecord>();
  const recent: RequestRecord[] = [];
  return {
    add(event) {
      if (event.type === 'request-received') {
        if (event.method === 'POST' && !event.endpoint.startsWith('/admin'))
          live.set(event.requestId, begin(event, clock));
        return;
      }
      if (!('requestId' in event)) return;
      const record = live.get(requestIdOf(event.requestId));
      if (record === undefined) return;
      if (event.type !== 'request-finished') {
        addToGeneration(record, event, clock.monotonicMs());
        return;
      }
      const { status, code, durationMs, holder } = event;
      Object.assign(record, { status, code, durationMs, holder });
      live.delete(event.requestId);
      recent.unshift(record);
      if (recent.length > maxRecent) recent.pop();
    },
    get: (requestId) => live.get(requestId) ?? recent.find(({ id }) => id === requestId),
    get live() {
      return live.values();
    },
    recent,
  };
}

/** The choices of one request are `ID-0`, `ID-1` …, where ID has no hyphen. */
function requestIdOf(generationId: string): string {
  const end = generationId.indexOf('-');
  return end === -1 ? generationId : generationId.slice(0, end);
}

const begin = (event: Extract<ServerEvent, { type: 'request-received' }>, clock: Clock): RequestRecord => ({
  id: event.requestId,
  clientRequestId: event.clientRequestId,
  endpoint: event.endpoint,
  received: new Date(clock.wallMs()).toISOString(),
  holder: null,
  status: null,
  code: null,
  durationMs: null,
  generations: new Map(),
});

type GenerationEvent = Extract<ServerEvent, { readonly requestId: string }>;

function addToGeneration({ generations }: RequestRecord, event: GenerationEvent, nowMs: number): void {
  if (event.type === 'generation-queued' || event.type === 'generation-granted') {
    const known = generations.get(event.requestId) ?? newGeneration(event, nowMs);
    generations.set(event.requestId, known);
    if (event.type === 'generation-queued') return;
    known.queueMs = Math.round(event.queueWaitMs);
    enter(known, 'loading', nowMs);
    return;
  }
  const generation = generations.get(event.requestId);
  if (generation === undefined) return;
  switch (event.type) {
    case 'generation-admitted':
      generation.loadMs = enter(generation, 'prefill', nowMs);
      generation.promptTokens = event.promptTokens;
      generation.cachedTokens = event.cachedTokens;
      generation.parameters = parametersOf(event);
      break;
    case 'tokens-generated':
      if (generation.phase !== 'decoding') generation.prefillMs = enter(generation, 'decoding', nowMs);
      generation.completionTokens += event.tokens;
      break;
    case 'generation-recovered':
      generation.recovered += 1;
      break;
    case 'generation-paused':
      generation.pausedSinceMs = nowMs;
      break;
    case 'generation-continued':
      endPause(generation, nowMs);
      break;
    case 'generation-ended':
      generation.prefillMs = Math.round(event.timings.prefillMs);
      generation.decodeMs = Math.round(event.timings.decodeMs);
      generation.completionTokens = event.usage.completionTokens;
      generation.finishReason = event.finishReason;
      enter(generation, 'ended', nowMs);
      break;
    case 'generation-unqueued':
      generation.queueMs = enter(generation, 'ended', nowMs);
      break;
    case 'generation-released':
      if (generation.phase === 'decoding') generation.decodeMs = enter(generation, 'ended', nowMs);
      generation.phase = 'ended';
      endPause(generation, nowMs);
      break;
    default:
      break;
  }
}

const newGeneration = (
  { model, priority }: { model: string; priority: Priority },
  nowMs: number,
): GenerationRecord => ({
  model,
  priority,
  phase: 'waiting',
  queueMs: null,
  loadMs: null,
  prefillMs: null,
  decodeMs: null,
  pausedMs: 0,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  recovered: 0,
  finishReason: null,
  parameters: null,
  phaseSinceMs: nowMs,
  pausedSinceMs: null,
});

/** Moves on to `phase`; how long the one before took. */
function enter(generation: GenerationRecord, phase: GenerationPhase, nowMs: number): number {
  const tookMs = Math.round(nowMs - generation.phaseSinceMs);
  generation.phase = phase;
  generation.phaseSinceMs = nowMs;
  return tookMs;
}

function endPause(generation: GenerationRecord, nowMs: number): void {
  if (generation.pausedSinceMs !== null) generation.pausedMs += Math.round(nowMs - generation.pausedSinceMs);
  generation.pausedSinceMs = null;
}

function parametersOf(event: Extract<ServerEvent, { type: 'generation-admitted' }>): Record<string, number> {
  const { temperature, topP, topK, minP, seed, repetitionPenalty } = event.sampling;
  return {
    max_tokens: event.maxTokens,
    temperature,
    top_p: topP,
    repetition_penalty: repetitionPenalty,
    top_k: topK,
    min_p: minP,
    seed,
  };
}
