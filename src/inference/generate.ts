// The journey of one Generation: resolve → images → admit → lease → stream → release. Knows nothing of HTTP or of any API.
import { randomInt } from 'node:crypto';
import type { AnswerPlan } from '../answer-formats/index.ts';
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
import type { Catalogue, Model, ReadAnswerWording } from '../models/index.ts';
import { type LoadedWorker, WorkerLost, WorkerTimeoutError } from '../workers/index.ts';
import { createAnswerReader } from './answer-reader.ts';
import type { Fleet, Slot } from './fleet.ts';
import { type Images, orderOf } from './order.ts';
import { planOf } from './plan-of.ts';
import { createRecovery } from './recover.ts';
import { writesNothing } from './refusals.ts';
import { createRequestImages } from './request-images.ts';
import { ReaderBehind, runSequence } from './run-sequence.ts';
import { isBreak, nextLeg } from './thinking-budget.ts';
import { asClientHears } from './worker-refusal.ts';

export interface GenerateOptions {
  /** Who asks: holder of a key, else an address. */
  readonly client: string;
  readonly signal: AbortSignal;
  /** What may wait in memory for whoever reads the events; past it the sequence stops until that is read. Absent: no bound. */
  readonly maxWaitingBytes?: number;
}

export type Generate = (
  generation: Generation,
  options: GenerateOptions,
) => AsyncGenerator<GenerationEvent, void, undefined>;

export interface GenerateParts {
  readonly catalogue: Catalogue;
  readonly fleet: Fleet;
  readonly images: ImageRoad;
  readonly wordingOf: ReadAnswerWording;
  readonly emit: EmitServerEvent;
}

/** Binds the journey to its parts. The iterable throws ServerError, or `signal.reason` once the caller left. */
export function createGenerate(parts: GenerateParts): Generate {
  const prepareImages = createRequestImages(parts.images, parts.emit);
  return async function* generate(generation, { client, signal, maxWaitingBytes = Number.POSITIVE_INFINITY }) {
    const pace: Pace = { lastMs: systemClock.monotonicMs(), first: true };
    const model = await parts.catalogue.resolve(generation.model);
    if (model.embeds) throw writesNothing(model.id);
    const plan = await planOf(generation, model, parts.wordingOf);
    const images = await prepareImages(generation, model, signal);
    const slot = await parts.fleet.slot(model, generation, { client, signal });
    try {
      yield { type: 'admitted', model: model.id, queueWaitMs: slot.queueWaitMs };
      yield* stream(parts, { generation, model, plan, images, slot, signal, maxWaitingBytes, pace });
    } finally {
      slot.release();
    }
  };
}

interface Journey {
  readonly generation: Generation;
  readonly model: Model;
  readonly plan: AnswerPlan | undefined;
  readonly images: Images;
  readonly slot: Slot;
  readonly signal: AbortSignal;
  readonly maxWaitingBytes: number;
  readonly pace: Pace;
}

/** When tokens came last, or before the first when the request was accepted. */
interface Pace {
  lastMs: number;
  first: boolean;
}

/**
 * Streams from one worker after another until the answer has ended; a worker's end is a seam, not an error, and so is a
 * pause for a reader who is behind: the sequence leaves the worker, and comes back behind what was read.
 */
async function* stream(
  { emit, fleet }: GenerateParts,
  journey: Journey,
): AsyncGenerator<GenerationEvent, void, undefined> {
  const { generation, model, plan, images, slot, signal, maxWaitingBytes } = journey;
  const sampling = resolveSampling(generation.sampling, model.samplingDefaults, drawSeed);
  const recovery = createRecovery({ requestId: generation.id, model: model.id, emit });
  const reader = createAnswerReader(plan); // One for all workers: a seam is nothing to who reads the text.
  for (let legs = 0; ; legs += 1) {
    await slot.gate.passed(signal);
    const loaded = await slot.worker(signal, recovery.lostBefore ? 'recovery' : 'request');
    if (slot.gate.isPaused) continue;
    const leg = nextLeg(plan?.thinkingBudget, reader, recovery.delivered.length);
    const order = orderOf(generation, { sampling, images, plan, resume: recovery.delivered, leg });
    // An id of its own: the worker may yet speak of the sequence that was stopped.
    const request = legs === 0 ? order : { ...order, id: `${order.id}~${legs}` };
    try {
      for await (const event of runSequence(loaded, request, { gate: slot.gate, signal, maxWaitingBytes })) {
        if (isBreak(event, leg)) {
          recovery.broke(event);
          break;
        }
        const accepted = recovery.accept(event);
        if (accepted === undefined) continue;
        report(emit, journey, loaded, sampling, accepted);
        yield* reader.read(accepted);
        if (accepted.type === 'end') return;
      }
    } catch (error) {
      if (error instanceof ReaderBehind) {
        recovery.stalled();
        emit({
          type: 'generation-stalled',
          requestId: generation.id,
          model: model.id,
          tokens: recovery.delivered.length,
        });
        continue;
      }
      if (error instanceof WorkerTimeoutError) {
        throw new ServerError('worker_timeout', `The model ${model.id} made ${error.message}.`, { cause: error });
      }
      if (!(error instanceof WorkerLost)) {
        const { contextLength } = loaded.ready;
        const constraint = plan?.constraint ?? generation.constraint;
        throw asClientHears(error, { constraint, contextLength, ownContextLength: fleet.ownContextOf(model.id) });
      }
      recovery.lost(error, slot.gate.isPaused ? 'paused' : 'running');
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
