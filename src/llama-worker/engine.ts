// The loop: admits waiting sequences to slots, decodes one batch for all of them, samples, sends one step frame.
// The only caller of decodes, so whatever happens between two of them needs no lock.
import type { Clock } from '../core/index.ts';
import { type FromWorker, type Generate, ProtocolError, type StepDelta } from '../ipc/index.ts';
import { clearCells, prepareCells } from './cells.ts';
import { decodeParts, samplePart } from './decode-step.ts';
import { errorFrame } from './error-frame.ts';
import type { LoadedModel } from './load-model.ts';
import { advance, createSequence, type Ending, endFrame, progressFrame, type Sequence } from './sequence.ts';
import { createSlots, placePrompt } from './slots.ts';
import { type PlannedPart, planStep } from './step-plan.ts';
import { createTokenSampler } from './token-sampler.ts';

export interface EngineOptions {
  readonly model: LoadedModel;
  readonly send: (frame: FromWorker) => void;
  readonly log: (line: string) => void;
  readonly clock: Clock;
}

export interface Engine {
  /**
   * Answers with frames, an error frame for a request that cannot be done included.
   * @throws ProtocolError for an id in use
   */
  submit(request: Generate): void;
  /** Ends a sequence within one step; an unknown id is ignored. */
  cancel(id: string): void;
  /** Cancels everything; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

const cancelled: Ending = { reason: 'cancelled', stopSequence: null };
/** Copying cells goes at about this speed on the slowest machines; it decides between a copy and a prefill. */
const copyBytesPerMs = 4e6;

export function createEngine({ model, send, log, clock }: EngineOptions): Engine {
  const { native } = model;
  const slots = createSlots(model.sequences);
  const waiting: Sequence[] = [];
  const running: Sequence[] = [];
  let uses = 0;
  let prefillMsPerToken = 0.5;
  let loop: Promise<void> | null = null;

  const find = (id: string): Sequence | undefined =>
    running.find(({ request }) => request.id === id) ?? waiting.find(({ request }) => request.id === id);

  const leave = (sequence: Sequence): void => {
    for (const list of [waiting, running]) {
      const index = list.indexOf(sequence);
      if (index !== -1) list.splice(index, 1);
    }
    if (sequence.place === null) return;
    const { slot, sampler } = sequence.place;
    slot.kept = sequence.tokens.slice(0, sequence.evaluated);
    slot.busy = false;
    sampler.dispose();
    sequence.place = null;
  };

  const end = (sequence: Sequence, ending: Ending): void => {
    leave(sequence);
    send(endFrame(sequence, ending, clock.monotonicMs()));
  };

  const fail = (sequence: Sequence, error: unknown): void => {
    log(`request ${sequence.request.id}: ${error instanceof Error ? error.message : String(error)}`);
    leave(sequence);
    send(errorFrame(sequence.request.id, error));
  };

  const admitOne = async (sequence: Sequence): Promise<boolean> => {
    for (const { place, tokens, evaluated } of running) {
      if (place) place.slot.kept = tokens.subarray(0, evaluated);
    }
    const placement = placePrompt(slots, {
      tokens: sequence.tokens.subarray(0, sequence.length),
      reuse: model.reusesPrefixes,
      copyPays: (shared) => model.slotBytes / copyBytesPerMs < shared * prefillMsPerToken,
    });
    if (placement === null) return false;
    const { slot } = placement;
    uses += 1;
    slot.busy = true;
    slot.lastUse = uses;
    const { sampling, topLogprobs } = sequence.request;
    const sampler = createTokenSampler({ ...model, sampling, topLogprobs, textOf: model.textOf });
    for (const token of sequence.request.resume) sampler.accept(token);
    sequence.place = { slot, sampler };
    sequence.startedMs = clock.monotonicMs();
    waiting.splice(waiting.indexOf(sequence), 1);
    running.push(sequence);
    sequence.evaluated = await prepareCells({ context: native.context, slidingWindow: model.slidingWindow }, placement);
    sequence.cached = Math.min(sequence.evaluated, sequence.promptLength);
    send(progressFrame(sequence));
    return true;
  };

  const admit = async (): Promise<void> => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (next.ending !== null) {
        send(progressFrame(next));
        end(next, next.ending);
        continue;
      }
      try {
        if (!(await admitOne(next))) return;
      } catch (error) {
        failWithCells(next, error);
      }
    }
  };

  const takeSample = async (part: PlannedPart<Sequence>, logit: number): Promise<StepDelta | null> => {
    const { sequence } = part;
    try {
      const sampled = await samplePart(part, logit);
      sequence.firstTokenMs ??= clock.monotonicMs();
      return advance(sequence, sampled, model.isEndToken(sampled.tokenId));
    } catch (error) {
      fail(sequence, error);
      return null;
    }
  };

  const step = async (): Promise<void> => {
    const parts = planStep(running, model.chunkTokens);
    const beganMs = clock.monotonicMs();
    let logits: Map<Sequence, number>;
    try {
      logits = await decodeParts(native.context, parts);
    } catch (error) {
      for (const { sequence } of parts) failWithCells(sequence, error);
      return;
    }
    const tokens = parts.reduce((sum, { count }) => sum + count, 0);
    const perToken = (clock.monotonicMs() - beganMs) / tokens;
    if (tokens >= model.chunkTokens) prefillMsPerToken += 0.3 * (perToken - prefillMsPerToken);
    for (const { sequence, count, from } of parts) {
      sequence.evaluated = from + count;
      if (sequence.firstTokenMs === null && !sequence.cancelled) send(progressFrame(sequence));
    }
    const sampling = parts.filter(({ samples, sequence }) => samples && !sequence.cancelled);
    const deltas = await Promise.all(sampling.map((part) => takeSample(part, logits.get(part.sequence) ?? -1)));
    const said = deltas.filter((delta) => delta !== null);
    if (said.length > 0) send({ type: 'step', deltas: said });
    for (const { sequence } of parts) if (sequence.ending !== null) end(sequence, sequence.ending);
  };

  const failWithCells = (sequence: Sequence, error: unknown): void => {
    if (sequence.place) clearCells(native.context, sequence.place.slot.id);
    sequence.evaluated = 0;
    fail(sequence, error);
  };

  const run = async (): Promise<void> => {
    // Requests that came in one piece of input begin in one batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0 || running.length > 0) {
      await admit();
      for (const sequence of running.filter((each) => each.cancelled)) end(sequence, cancelled);
      if (running.length > 0) await step();
    }
  };

  const wake = (): void => {
    loop ??= run().finally(() => {
      loop = null;
      if (waiting.length > 0) wake();
    });
  };

  return {
    submit: (request) => {
      if (find(request.id)) throw new ProtocolError(`the id ${request.id} is in use`);
      try {
        waiting.push(createSequence(request, model));
      } catch (error) {
        send(errorFrame(request.id, error));
        return;
      }
      wake();
    },
    cancel: (id) => {
      const sequence = find(id);
      if (sequence === undefined) return;
      sequence.cancelled = true;
      if (waiting.includes(sequence)) end(sequence, cancelled);
    },
    stop: async () => {
      for (const sequence of [...waiting]) end(sequence, cancelled);
      for (const sequence of running) sequence.cancelled = true;
      await loop;
    },
  };
}
