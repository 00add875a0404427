// The loop: admits waiting sequences and runs step after step of all that run; who waits, runs and is paused.
// The only caller of steps, so whatever happens between two of them needs no lock.
import type { Clock, Constraint } from '../core/index.ts';
import { type FromWorker, type Generate, ProtocolError } from '../ipc/index.ts';
import { createDrafter } from './drafter.ts';
import { runStep, type StepWorld } from './engine-step.ts';
import { errorFrame } from './error-frame.ts';
import type { LoadedModel } from './load-model.ts';
import { createPrefillPace } from './prefill-pace.ts';
import { createSequence, type Ending, endFrame, progressFrame, type Sequence } from './sequence.ts';
import { SlotPool } from './slot-pool.ts';

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
  readonly #world: StepWorld;
  /** In order of arrival; those who were paused go first. */
  readonly #waiting: Sequence[] = [];
  readonly #running: Sequence[] = [];
  /** Their forms are being compiled; they join those who wait. */
  readonly #forming: Sequence[] = [];
  /** They keep their slots and what is in them. */
  readonly #paused: Sequence[] = [];
  #loop: Promise<void> | null = null;

  constructor(options: EngineOptions) {
    this.#options = options;
    const pace = createPrefillPace(options.model);
    this.#pool = new SlotPool(options.model, pace);
    const { draft, vocabularySize } = options.model;
    this.#world = {
      ...options,
      pace,
      drafter: draft && createDrafter({ draft, vocabularySize, log: options.log }),
      end: (sequence, ending) => this.#end(sequence, ending),
      fail: (sequence, error) => this.#fail(sequence, error),
      failWithCells: (sequence, error) => this.#failWithCells(sequence, error),
    };
  }

  /**
   * Answers with frames, an error frame for a request that cannot be done included.
   *
   * @throws ProtocolError for an id in use
   */
  submit(request: Generate): void {
    if (this.#find(request.id)) throw new ProtocolError(`the id ${request.id} is in use`);
    let sequence: Sequence;
    try {
      sequence = createSequence(request, this.#options.model);
    } catch (error) {
      this.#options.send(errorFrame(request.id, error));
      return;
    }
    if (request.constraint !== null && sequence.ending === null) {
      void this.#form(sequence, request.constraint);
      return;
    }
    this.#waiting.push(sequence);
    this.#wake();
  }

  async #form(sequence: Sequence, constraint: Constraint): Promise<void> {
    this.#forming.push(sequence);
    try {
      sequence.form = await this.#options.model.forms.formOf(constraint, sequence.given);
    } catch (error) {
      if (this.#forming.includes(sequence)) this.#fail(sequence, error);
      return;
    }
    // A cancel may have ended it meanwhile.
    if (!this.#forming.includes(sequence)) return;
    this.#remove(sequence);
    this.#waiting.push(sequence);
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
    if (sequence === undefined || this.#paused.includes(sequence) || this.#forming.includes(sequence)) return;
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
    for (const sequence of [...this.#waiting, ...this.#paused, ...this.#forming]) this.#end(sequence, cancelled);
    for (const sequence of this.#running) sequence.cancelled = true;
    await this.#loop;
  }

  #find(id: string): Sequence | undefined {
    return [...this.#running, ...this.#waiting, ...this.#paused, ...this.#forming].find(
      ({ request }) => request.id === id,
    );
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
      if (this.#running.length > 0) await runStep(this.#running, this.#world);
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

  #remove(sequence: Sequence): void {
    for (const list of [this.#waiting, this.#running, this.#paused, this.#forming]) {
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
