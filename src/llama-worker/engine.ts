// The loop: admits waiting sequences, decodes one batch for all that run, samples, sends one step frame.
// The only caller of decodes, so whatever happens between two of them needs no lock.
import type { Clock } from '../core/index.ts';
import { type FromWorker, type Generate, ProtocolError, type StepDelta } from '../ipc/index.ts';
import { decodeParts, type PartLogits, samplePart } from './decode-step.ts';
import { errorFrame } from './error-frame.ts';
import type { LoadedModel } from './load-model.ts';
import { scorePart } from './prompt-scores.ts';
import { advance, createSequence, type Ending, endFrame, endsWith, progressFrame, type Sequence } from './sequence.ts';
import { SlotPool } from './slot-pool.ts';
import { type PlannedPart, planStep } from './step-plan.ts';

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
  /** In order of arrival, as is `#running`. */
  readonly #waiting: Sequence[] = [];
  readonly #running: Sequence[] = [];
  #loop: Promise<void> | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#pool = new SlotPool(options.model);
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
    if (this.#waiting.includes(sequence)) this.#end(sequence, cancelled);
  }

  /** Cancels everything; resolves when nothing runs any more. */
  async stop(): Promise<void> {
    for (const sequence of [...this.#waiting]) this.#end(sequence, cancelled);
    for (const sequence of this.#running) sequence.cancelled = true;
    await this.#loop;
  }

  #find(id: string): Sequence | undefined {
    return [...this.#running, ...this.#waiting].find(({ request }) => request.id === id);
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
      if (this.#running.length > 0) await this.#step();
    }
  }

  /** Seats those who wait, in order, while there are slots. */
  async #admit(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      // Resumed tokens may complete the answer; it needs no slot.
      if (next.ending !== null) {
        this.#options.send(progressFrame(next));
        this.#end(next, next.ending);
        continue;
      }
      const startedMs = this.#options.clock.monotonicMs();
      try {
        if (!(await this.#pool.take(next, this.#running))) return;
      } catch (error) {
        this.#failWithCells(next, error);
        continue;
      }
      // A cancel may have ended it meanwhile.
      if (!this.#waiting.includes(next)) {
        this.#pool.release(next);
        continue;
      }
      next.startedMs = startedMs;
      this.#waiting.shift();
      this.#running.push(next);
      this.#options.send(progressFrame(next));
    }
  }

  async #step(): Promise<void> {
    const { model, send } = this.#options;
    const parts = planStep(this.#running, model.chunkTokens);
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
      const tokens = parts.reduce((sum, { count }) => sum + count, 0);
      if (tokens >= model.chunkTokens) this.#pool.notePrefill(clock.monotonicMs() - beganMs, tokens);
      return logits;
    } catch (error) {
      for (const { sequence } of parts) this.#failWithCells(sequence, error);
      return null;
    }
  }

  async #sample(part: PlannedPart<Sequence>, logit: number): Promise<StepDelta | null> {
    const { sequence } = part;
    try {
      const sampled = await samplePart(part, logit);
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

  #leave(sequence: Sequence): void {
    for (const list of [this.#waiting, this.#running]) {
      const index = list.indexOf(sequence);
      if (index !== -1) list.splice(index, 1);
    }
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
