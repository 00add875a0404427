// The loop: admits waiting sequences, decodes one batch for all that run, samples, sends one step frame.
// The only caller of decodes, so whatever happens between two of them needs no lock.
import type { Clock } from '../core/index.ts';
import { type FromWorker, type Generate, ProtocolError, type StepDelta } from '../ipc/index.ts';
import { decodeParts, type PartLogits, samplePart } from './decode-step.ts';
import { errorFrame } from './error-frame.ts';
import type { LoadedModel } from './load-model.ts';
import { createPrefillPace, type PrefillPace } from './prefill-pace.ts';
import { scorePart } from './prompt-scores.ts';
import { advance, createSequence, type Ending, endFrame, endsWith, progressFrame, type Sequence } from './sequence.ts';
import { SlotPool } from './slot-pool.ts';
import { isPrefilling, type PlannedPart, planStep } from './step-plan.ts';

export interface EngineOptions {
  readonly model: LoadedModel;
  readonly send: (frame: FromWorker) => void;
  readonly log: (line: string) => void;
  readonly clock: Clock;
}

const cancelled: Ending = { reason: 'cancelled', stopSequence: null };

export class Engine {
  readonly #options: EngineOptions;
  readonly #pool: SlotPool;
  readonly #pace: PrefillPace;
  /** In order of arrival; those who were paused go first. */
  readonly #waiting: Sequence[] = [];
  readonly #running: Sequence[] = [];
  /** They keep their slots and what is in them. */
  readonly #paused: Sequence[] = [];
  #loop: Promise<void> | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#pace = createPrefillPace(options.model);
    this.#pool = new SlotPool(options.model, this.#pace);
  }

  /**
   * Answers with frames, an error frame for a request that cannot be done included.
   *
   * @throws ProtocolError for an id in use
   */
  submit(request: Generate): void {
    if (this.#find(request.id)) throw new ProtocolError(`the id ${request.id} is in use`);
    try {
      this.#waiting.push(createSequence(request, this.#options.model));
    } catch (error) {
      this.#options.send(errorFrame(request.id, error));
      return;
    }
    this.#wake();
  }

  /** Ends a sequence within one step; an unknown id is ignored. */
  cancel(id: string): void {
    const sequence = this.#find(id);
    if (sequence === undefined) return;
    sequence.cancelled = true;
    if (!this.#running.includes(sequence)) this.#end(sequence, cancelled);
  }

  /** Takes a sequence out of the batch within one step, its cells kept; ignored where that cannot be. */
  pause(id: string): void {
    const sequence = this.#find(id);
    if (sequence === undefined || this.#paused.includes(sequence)) return;
    const pausing = this.#running.filter((each) => each.pausing && each !== sequence).length;
    if (this.#paused.length + pausing >= this.#options.model.pausable) return;
    if (this.#running.includes(sequence)) sequence.pausing = true;
    else this.#setAside(sequence);
  }

  /** Lets a paused sequence go on ahead of those who wait; takes back a pause that has not come about yet. */
  continue(id: string): void {
    const sequence = this.#find(id);
    if (sequence === undefined) return;
    sequence.pausing = false;
    if (!this.#paused.includes(sequence)) return;
    this.#remove(sequence);
    this.#waiting.unshift(sequence);
    this.#wake();
  }

  #setAside(sequence: Sequence): void {
    this.#remove(sequence);
    sequence.pausing = false;
    this.#paused.push(sequence);
    this.#options.send({ type: 'paused', id: sequence.request.id });
  }

  /** Cancels everything; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    for (const sequence of [...this.#waiting, ...this.#paused]) this.#end(sequence, cancelled);
    for (const sequence of this.#running) sequence.cancelled = true;
    await this.#loop;
  }

  #find(id: string): Sequence | undefined {
    return [...this.#running, ...this.#waiting, ...this.#paused].find(({ request }) => request.id === id);
  }

  #wake(): void {
    this.#loop ??= this.#run().finally(() => {
      this.#loop = null;
      if (this.#waiting.length > 0) this.#wake();
    });
  }

  async #run(): Promise<void> {
    // Requests that came in one piece of input begin in one batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0 || this.#running.length > 0) {
      await this.#admit();
      for (const sequence of this.#running.filter((each) => each.cancelled)) this.#end(sequence, cancelled);
      for (const sequence of this.#running.filter((each) => each.pausing)) this.#setAside(sequence);
      if (this.#running.length > 0) await this.#step();
    }
  }

  /** Seats those who wait, in order, while there are slots. */
  async #admit(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      // Resumed tokens may complete the answer; it needs no slot.
      if (next.ending !== null) {
        this.#begin(next);
        this.#end(next, next.ending);
        continue;
      }
      if (this.#running.length >= this.#options.model.sequences) return;
      if (next.place !== null) {
        this.#waiting.shift();
        this.#running.push(next);
        continue;
      }
      const seated = { running: this.#running, paused: this.#paused };
      if (this.#pool.isWorthWaiting(next, seated)) return;
      const startedMs = this.#options.clock.monotonicMs();
      try {
        if (!(await this.#pool.take(next, seated))) return;
      } catch (error) {
        this.#failWithCells(next, error);
        continue;
      }
      // A cancel may have ended it meanwhile, or a pause have set it aside.
      if (!this.#waiting.includes(next)) {
        this.#pool.release(next);
        continue;
      }
      next.startedMs = startedMs;
      this.#remove(next);
      this.#running.push(next);
      this.#begin(next);
    }
  }

  #begin(sequence: Sequence): void {
    this.#options.send(progressFrame(sequence));
    if (sequence.said !== null) this.#options.send({ type: 'step', deltas: [sequence.said] });
    sequence.said = null;
  }

  async #step(): Promise<void> {
    const answering = this.#running.filter((sequence) => !isPrefilling(sequence));
    const parts = planStep(
      this.#running,
      this.#pace.budget({ answers: answering.length > 0 }),
      this.#options.model.tailTokens,
    );
    const [answers, prompts] = [true, false].map((wanted) =>
      parts.filter(({ sequence }) => answering.includes(sequence) === wanted),
    );
    // llama.cpp cuts a batch into rows of equal length: a chunk beside answers would lose the length it is fast at.
    for (const together of [answers, prompts]) if (together?.length) await this.#advance(together);
  }

  async #advance(parts: readonly PlannedPart<Sequence>[]): Promise<void> {
    const { send } = this.#options;
    const logits = await this.#decode(parts);
    if (logits === null) return;
    for (const { sequence, count, from } of parts) {
      sequence.evaluated = from + count;
      if (sequence.firstTokenMs === null && !sequence.cancelled) send(progressFrame(sequence));
    }
    await Promise.all(parts.map((part) => this.#score(part, logits)));
    const sampling = parts.filter(({ samples, sequence }) => samples && !sequence.cancelled && sequence.place !== null);
    const deltas = await Promise.all(
      sampling.map((part) => this.#sample(part, logits.get(part.sequence)?.at(-1) ?? -1)),
    );
    const said = deltas.filter((delta) => delta !== null);
    if (said.length > 0) send({ type: 'step', deltas: said });
    for (const { sequence } of sampling) if (sequence.ending !== null) this.#end(sequence, sequence.ending);
  }

  /** Null when llama.cpp could not decode; the sequences that were in the batch have failed then. */
  async #decode(parts: readonly PlannedPart<Sequence>[]): Promise<PartLogits | null> {
    const { model, clock } = this.#options;
    const beganMs = clock.monotonicMs();
    try {
      const logits = await decodeParts(model.native.context, parts);
      const prefilled = parts.reduce((sum, { count }) => (count > 1 ? sum + count : sum), 0);
      this.#pace.note(prefilled, clock.monotonicMs() - beganMs);
      return logits;
    } catch (error) {
      for (const { sequence } of parts) this.#failWithCells(sequence, error);
      return null;
    }
  }

  async #sample(part: PlannedPart<Sequence>, logit: number): Promise<StepDelta | null> {
    const { sequence } = part;
    try {
      const beganMs = this.#options.clock.monotonicMs();
      const sampled = await samplePart(part, logit);
      sequence.form?.took(this.#options.clock.monotonicMs() - beganMs);
      sequence.firstTokenMs ??= this.#options.clock.monotonicMs();
      const isEnd = endsWith(sequence, sampled.tokenId, this.#options.model.isEndToken(sampled.tokenId));
      return advance(sequence, sampled, isEnd);
    } catch (error) {
      this.#fail(sequence, error);
      return null;
    }
  }

  /** Scores the part's tokens of the prompt; with the last of them the prompt is told, and an empty answer ends. */
  async #score({ sequence, from, count }: PlannedPart<Sequence>, logits: PartLogits): Promise<void> {
    const { model, send } = this.#options;
    if (sequence.promptScores === null || from >= sequence.promptLength) return;
    try {
      await scorePart({ model, sequence, from, logits: logits.get(sequence) ?? [] });
    } catch (error) {
      this.#fail(sequence, error);
      return;
    }
    if (from + count < sequence.promptLength || sequence.cancelled) return;
    send({ type: 'prompt-logprobs', id: sequence.request.id, entries: sequence.promptScores });
    if (sequence.maxTokens === 0) this.#end(sequence, { reason: 'length', stopSequence: null });
  }

  #remove(sequence: Sequence): void {
    for (const list of [this.#waiting, this.#running, this.#paused]) {
      const index = list.indexOf(sequence);
      if (index !== -1) list.splice(index, 1);
    }
  }

  #leave(sequence: Sequence): void {
    this.#remove(sequence);
    this.#pool.release(sequence);
  }

  #end(sequence: Sequence, ending: Ending): void {
    this.#leave(sequence);
    this.#options.send(endFrame(sequence, ending, this.#options.clock.monotonicMs()));
  }

  #fail(sequence: Sequence, error: unknown): void {
    this.#options.log(`request ${sequence.request.id}: ${error instanceof Error ? error.message : String(error)}`);
    this.#leave(sequence);
    this.#options.send(errorFrame(sequence.request.id, error));
  }

  #failWithCells(sequence: Sequence, error: unknown): void {
    this.#pool.forgetCells(sequence);
    this.#fail(sequence, error);
  }
}
