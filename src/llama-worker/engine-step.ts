// One step of the engine: plans it, decodes, samples, tells of it, and hands on which sequences ended or failed.
// Owns no lists: who runs is the engine's.
import type { Clock } from '../core/index.ts';
import type { FromWorker, StepDelta } from '../ipc/index.ts';
import { decodeParts, type PartLogits, sampleNext } from './decode-step.ts';
import type { Drafter } from './drafter.ts';
import type { LoadedModel } from './load-model.ts';
import type { PrefillPace } from './prefill-pace.ts';
import { scorePart } from './prompt-scores.ts';
import { advance, type Ending, endsWith, progressFrame, type Sequence } from './sequence.ts';
import { mergeDeltas, speculate } from './speculative-step.ts';
import { isPrefilling, type PlannedPart, planStep } from './step-plan.ts';

export interface StepWorld {
  readonly model: LoadedModel;
  readonly pace: PrefillPace;
  /** Null without a draft model. */
  readonly drafter: Drafter | null;
  readonly clock: Clock;
  readonly send: (frame: FromWorker) => void;
  /** The sequence leaves its slot, and the client hears why. */
  readonly end: (sequence: Sequence, ending: Ending) => void;
  readonly fail: (sequence: Sequence, error: unknown) => void;
  /** The same where nobody knows any more what the sequence's cells hold. */
  readonly failWithCells: (sequence: Sequence, error: unknown) => void;
}

type Part = PlannedPart<Sequence>;

/** A token for every sequence of `running` that answers, and a chunk of the prompts. */
export async function runStep(running: readonly Sequence[], world: StepWorld): Promise<void> {
  const { model, pace } = world;
  const answering = running.filter((sequence) => !isPrefilling(sequence));
  const [alone] = running;
  if (world.drafter !== null && alone !== undefined && running.length === 1 && answering.length === 1) {
    await stepAlone(alone, world.drafter, world);
    return;
  }
  const parts = planStep(running, pace.budget({ answers: answering.length > 0 }), model.tailTokens);
  const [answers, prompts] = [true, false].map((wanted) =>
    parts.filter(({ sequence }) => answering.includes(sequence) === wanted),
  );
  // llama.cpp cuts a batch into rows of equal length: a chunk beside answers would lose the length it is fast at.
  for (const together of [answers, prompts]) if (together?.length) await advanceParts(together, world);
}

/** A step with what the draft model proposes where that pays, else a plain one. */
async function stepAlone(sequence: Sequence, drafter: Drafter, world: StepWorld): Promise<void> {
  const { clock } = world;
  const beganMs = clock.monotonicMs();
  const tokens = drafter.pace.pays() ? await stepDrafted(sequence, drafter, world) : 0;
  const midMs = clock.monotonicMs();
  if (tokens > 0) {
    drafter.pace.noteDrafted({ tokens, tookMs: midMs - beganMs });
    return;
  }
  if (sequence.place === null) return;
  await advanceParts(planStep([sequence], 1), world);
  drafter.pace.notePlain(clock.monotonicMs() - midMs);
}

/** @returns tokens sampled; 0 where nothing was proposed, or the sequence has failed */
async function stepDrafted(sequence: Sequence, drafter: Drafter, world: StepWorld): Promise<number> {
  const { model, send, end, failWithCells } = world;
  try {
    const deltas = await speculate(sequence, {
      drafter,
      context: model.native.context,
      sample: (each, logit) => sample(each, logit, world),
    });
    const said = mergeDeltas(deltas);
    // One that failed has been told of, and nothing comes behind that.
    if (said !== null && sequence.place !== null) send({ type: 'step', deltas: [said] });
    if (sequence.ending !== null) end(sequence, sequence.ending);
    return deltas.length;
  } catch (error) {
    failWithCells(sequence, error);
    return 0;
  }
}

async function advanceParts(parts: readonly Part[], world: StepWorld): Promise<void> {
  const { send, end } = world;
  const logits = await decode(parts, world);
  if (logits === null) return;
  for (const { sequence, count, from } of parts) {
    sequence.evaluated = from + count;
    if (sequence.firstTokenMs === null && !sequence.cancelled) send(progressFrame(sequence));
  }
  await Promise.all(parts.map((part) => score(part, logits, world)));
  const sampling = parts.filter(({ samples, sequence }) => samples && !sequence.cancelled && sequence.place !== null);
  const deltas = await Promise.all(
    sampling.map(({ sequence }) => sample(sequence, logits.get(sequence)?.at(-1) ?? -1, world)),
  );
  const said = deltas.filter((delta) => delta !== null);
  if (said.length > 0) send({ type: 'step', deltas: said });
  for (const { sequence } of sampling) if (sequence.ending !== null) end(sequence, sequence.ending);
}

/** Null when llama.cpp could not decode; the sequences that were in the batch have failed then. */
async function decode(parts: readonly Part[], world: StepWorld): Promise<PartLogits | null> {
  const { model, clock, pace, failWithCells } = world;
  const beganMs = clock.monotonicMs();
  try {
    const logits = await decodeParts(model.native.context, parts);
    const prefilled = parts.reduce((sum, { count }) => (count > 1 ? sum + count : sum), 0);
    pace.note(prefilled, clock.monotonicMs() - beganMs);
    return logits;
  } catch (error) {
    for (const { sequence } of parts) failWithCells(sequence, error);
    return null;
  }
}

async function sample(sequence: Sequence, logit: number, { model, clock, fail }: StepWorld): Promise<StepDelta | null> {
  try {
    const sampled = await sampleNext(sequence, logit);
    sequence.firstTokenMs ??= clock.monotonicMs();
    const isEnd = endsWith(sequence, sampled.tokenId, model.isEndToken(sampled.tokenId));
    return advance(sequence, sampled, isEnd);
  } catch (error) {
    fail(sequence, error);
    return null;
  }
}

/** Scores the part's tokens of the prompt; with the last of them the prompt is told, and an empty answer ends. */
async function score({ sequence, from, count }: Part, logits: PartLogits, world: StepWorld): Promise<void> {
  const { model, send, end, fail } = world;
  if (sequence.promptScores === null || from >= sequence.promptLength) return;
  try {
    await scorePart({ model, sequence, from, logits: logits.get(sequence) ?? [] });
  } catch (error) {
    fail(sequence, error);
    return;
  }
  if (from + count < sequence.promptLength || sequence.cancelled) return;
  send({ type: 'prompt-logprobs', id: sequence.request.id, entries: sequence.promptScores });
  if (sequence.maxTokens === 0) end(sequence, { reason: 'length', stopSequence: null });
}
