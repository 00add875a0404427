// The journey of one Generation: resolve → images → admit → lease → stream → release. Knows nothing of HTTP or of any API.
import { randomInt } from 'node:crypto';
import {
  type EmitServerEvent,
  type Generation,
  type GenerationEvent,
  resolveSampling,
  type Sampling,
  ServerError,
  systemClock,
} from '../core/index.ts';
import type { ImageRoad } from '../images/index.ts';
import type { Catalogue, Model } from '../models/index.ts';
import { type LoadedWorker, WorkerLost, WorkerTimeoutError } from '../workers/index.ts';
import type { Fleet, Slot } from './fleet.ts';
import { type Images, orderOf } from './order.ts';
import { createRecovery } from './recover.ts';
import { writesNothing } from './refusals.ts';
import { createRequestImages } from './request-images.ts';
import { runSequence } from './run-sequence.ts';

export interface GenerateOptions {
  readonly signal: AbortSignal;
}

export type Generate = (
  generation: Generation,
  options: GenerateOptions,
) => AsyncGenerator<GenerationEvent, void, undefined>;

export interface GenerateParts {
  readonly catalogue: Catalogue;
  readonly fleet: Fleet;
  readonly images: ImageRoad;
  readonly emit: EmitServerEvent;
}

/** Binds the journey to its parts. The iterable throws ServerError, or `signal.reason` once the caller left. */
export function createGenerate(parts: GenerateParts): Generate {
  const prepareImages = createRequestImages(parts.images, parts.emit);
  return async function* generate(generation, { signal }) {
    const pace: Pace = { lastMs: systemClock.monotonicMs(), first: true };
    const model = await parts.catalogue.resolve(generation.model);
    if (model.embeds) throw writesNothing(model.id);
    const images = await prepareImages(generation, model, signal);
    const slot = await parts.fleet.slot(model, generation, signal);
    try {
      yield { type: 'admitted', model: model.id, queueWaitMs: slot.queueWaitMs };
      yield* stream(parts, { generation, model, images, slot, signal, pace });
    } finally {
      slot.release();
    }
  };
}

interface Journey {
  readonly generation: Generation;
  readonly model: Model;
  readonly images: Images;
  readonly slot: Slot;
  readonly signal: AbortSignal;
  readonly pace: Pace;
}

/** When tokens came last, or before the first when the request was accepted. */
interface Pace {
  lastMs: number;
  first: boolean;
}

/** Streams from one worker after another until the answer has ended; a worker's end is a seam, not an error. */
async function* stream({ emit }: GenerateParts, journey: Journey): AsyncGenerator<GenerationEvent, void, undefined> {
  const { generation, model, images, slot, signal } = journey;
  const sampling = resolveSampling(generation.sampling, model.samplingDefaults, drawSeed);
  const recovery = createRecovery({ requestId: generation.id, model: model.id, emit });
  for (;;) {
    const loaded = await slot.worker(signal, recovery.lostBefore ? 'recovery' : 'request');
    try {
      for await (const event of runSequence(
        loaded,
        orderOf(generation, { sampling, images, resume: recovery.delivered }),
        signal,
      )) {
        if (!recovery.accept(event)) continue;
        report(emit, journey, loaded, sampling, event);
        yield event;
        if (event.type === 'end') return;
      }
    } catch (error) {
      if (error instanceof WorkerTimeoutError) {
        throw new ServerError('worker_timeout', `The model ${model.id} made ${error.message}.`, { cause: error });
      }
      if (!(error instanceof WorkerLost)) throw error;
      recovery.lost(error);
    }
  }
}

/** 48 random bits: as many as `randomInt` gives at once. */
const drawSeed = (): number => randomInt(2 ** 48 - 1);

/** Seed: what a request really runs with is logged once its prompt is counted. */
function report(
  emit: EmitServerEvent,
  { generation, model, pace }: Journey,
  { ready }: LoadedWorker,
  sampling: Sampling,
  event: GenerationEvent,
): void {
  const about = { requestId: generation.id, model: model.id };
  if (event.type === 'token-delta') {
    if (event.tokenIds.length === 0) return;
    const nowMs = systemClock.monotonicMs();
    const sinceMs = nowMs - pace.lastMs;
    emit({ type: 'tokens-generated', ...about, tokens: event.tokenIds.length, sinceMs, first: pace.first });
    pace.lastMs = nowMs;
    pace.first = false;
  } else if (event.type === 'prefill-progress' && event.processed === event.cached) {
    const room = ready.contextLength - event.total;
    const maxTokens = Math.min(generation.maxTokens ?? room, room);
    emit({
      type: 'generation-admitted',
      ...about,
      promptTokens: event.total,
      cachedTokens: event.cached,
      maxTokens,
      sampling,
    });
  } else if (event.type === 'end') {
    const { finishReason, usage, timings } = event;
    emit({ type: 'generation-ended', ...about, finishReason, usage, timings });
  }
}
